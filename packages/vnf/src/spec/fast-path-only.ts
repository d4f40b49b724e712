import { nameOf } from './names.ts';

/** A verb of the fast path was called on Node, where there is no packet and no kernel table. */
export class FastPathOnlyError extends Error {
  override readonly name = 'FastPathOnlyError';
  readonly code = 'TP_FAST_PATH_ONLY';
  readonly hint: string;

  constructor(verb: string, hint: string) {
    super(`${verb} is the fast path's; ${hint}`);
    this.hint = hint;
  }
}

/** Stands for a verb of the fast path: the compiler knows it by its name, Node must not call it. */
export function fastPathOnly(verb: string, hint: string): () => never {
  return () => {
    throw new FastPathOnlyError(`${verb}()`, hint);
  };
}

/** The same for a verb of a declared table, which has a name once `vnf()` has listed it. */
export function tableVerb(spec: { readonly kind: string }, verb: string): () => never {
  return () => {
    throw new FastPathOnlyError(`${nameOf(spec) ?? spec.kind}.${verb}()`, 'on Node use the live table of the instance');
  };
}
