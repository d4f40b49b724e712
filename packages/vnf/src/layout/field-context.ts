import type { Family } from '../types/type-spec.ts';
import type { Layout } from './layout.ts';

/** What the bytes of a field depend on besides its type. */
export interface FieldContext {
  /** Of the key; `undefined`: `ip` is tagged. */
  readonly family: Family | undefined;
  readonly lpm: Layout['lpm'];
  /** The function's ports in order of their index. */
  readonly ports: readonly string[];
}
