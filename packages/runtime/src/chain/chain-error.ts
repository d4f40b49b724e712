import type { ChainSpecError } from '@twinpath/vnf/chain';

/** A chain that cannot be put on the host, or not any more. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
  /** Name of the chain. */
  readonly chain: string;
  readonly code: ChainErrorCode;
  /** What to do about it. */
  readonly hint: string;
  /** To what is wrong in the chain's spec, where that is known. */
  readonly path: readonly (string | number)[] | undefined;

  constructor(
    code: ChainErrorCode,
    chain: string,
    why: string,
    { hint, cause, path }: { hint: string; cause?: unknown; path?: readonly (string | number)[] },
  ) {
    super(`chain ${chain}: ${why}`, { cause });
    this.code = code;
    this.chain = chain;
    this.hint = hint;
    this.path = path;
  }
}

export type ChainErrorCode =
  | 'TP_CHAIN_SPEC'
  | 'TP_CHAIN_RUNNING'
  | 'TP_CHAIN_LEFT_BEHIND'
  | 'TP_RECORD'
  | 'TP_BPFFS'
  | 'TP_NAMESPACE'
  | 'TP_INTERFACE'
  | 'TP_INTERFACE_TAKEN'
  | 'TP_INTERFACE_GONE'
  | 'TP_PRIVILEGE'
  | 'TP_CONFIGURE'
  | 'TP_SLOW_PATH'
  | 'TP_ENGINE'
  | 'TP_STOPPED';

/** What is wrong in a chain's spec, as an error of the chain. */
export function refusedSpec(error: ChainSpecError): ChainError {
  const { chain, wrong, hint, path } = error;
  return new ChainError('TP_CHAIN_SPEC', chain, wrong, { hint, path, cause: error });
}
