import { errnoName } from './errno.ts';
import { strerror } from './ffi.ts';

/** What a failed system call was about, and what the reader can do. */
export interface SyscallContext {
  /** The object, as it should stand in the message: `map "flows"`, `interface eth1`. */
  subject?: string | undefined;
  /** The kernel's own explanation (netlink's extended acknowledgement). */
  detail?: string | undefined;
  /** What to do about it. */
  hint?: string | undefined;
}

/** A system call that the kernel refused. */
export class SyscallError extends Error {
  override readonly name = 'SyscallError';
  /** The errno's name, such as "EPERM". */
  readonly code: string;
  readonly errno: number;
  /** The call, such as "bpf(MAP_CREATE)". */
  readonly call: string;
  readonly subject: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(call: string, errno: number, context: SyscallContext = {}) {
    const code = errnoName(errno);
    super(describe(call, code, errno, context));
    this.code = code;
    this.errno = errno;
    this.call = call;
    this.subject = context.subject;
    this.detail = context.detail;
    this.hint = context.hint;
  }
}

function describe(call: string, code: string, errno: number, { subject, detail }: SyscallContext): string {
  const text = strerror(errno);
  const lower = text.charAt(0).toLowerCase() + text.slice(1);
  const of = subject === undefined ? '' : ` for ${subject}`;
  return `${call}${of} failed: ${code} (${lower})${detail === undefined ? '' : `: ${detail}`}`;
}

/** Passes a result >= 0 on; turns minus an errno into a SyscallError. */
export function check(call: string, result: number, context?: SyscallContext): number {
  if (result < 0) throw new SyscallError(call, -result, context);
  return result;
}

/** True for a SyscallError with one of these errno names. */
export function isSyscallError(error: unknown, ...codes: string[]): error is SyscallError {
  return error instanceof SyscallError && (codes.length === 0 || codes.includes(error.code));
}
