/** A chain that cannot be put on the host, or not any more. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
  /** Name of the chain. */
  readonly chain: string;
  readonly code: ChainErrorCode;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: ChainErrorCode, chain: string, why: string, { hint, cause }: { hint: string; cause?: unknown }) {
    super(`chain ${chain}: ${why}`, { cause });
    this.code = code;
    this.chain = chain;
    this.hint = hint;
  }
}

export type ChainErrorCode =
  | 'TP_CHAIN_SPEC'
  | 'TP_CHAIN_RUNNING'
  | 'TP_CHAIN_LEFT_BEHIND'
  | 'TP_RECORD'
  | 'TP_NAMESPACE'
  | 'TP_INTERFACE'
  | 'TP_INTERFACE_TAKEN'
  | 'TP_PRIVILEGE'
  | 'TP_CONFIGURE'
  | 'TP_SLOW_PATH'
  | 'TP_STOPPED';
