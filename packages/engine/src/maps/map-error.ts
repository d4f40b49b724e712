import { ERRNO, type Errno } from './errno.ts';

const hints: Readonly<Record<Errno, string>> = {
  ENOENT: 'there is no such entry',
  E2BIG: 'the map is full, or the index beyond its end: declare it larger',
  EAGAIN: 'the ring buffer is full until its records are read',
  ENOMEM: 'give the engine more memory',
  EFAULT: 'the bytes are not there',
  EEXIST: 'the entry exists already',
  EINVAL: 'maps of this type do not have this operation, or not with these bytes',
  ENOSPC: 'the map is full: declare it larger',
};

/** An operation that a map refused, as the kernel's would. */
export class EngineMapError extends Error {
  override readonly name = 'EngineMapError';
  /** The errno's name. */
  readonly code: Errno;
  readonly hint: string;

  constructor(subject: string, operation: string, code: Errno) {
    super(`${subject}: ${operation} failed: ${code}`);
    this.code = code;
    this.hint = hints[code];
  }
}

const names = Object.keys(ERRNO).filter((name): name is Errno => name in ERRNO);

/** The name of what an operation returned, if it failed. */
export function errnoOf(result: number): Errno | undefined {
  return result >= 0 ? undefined : (names.find((name) => ERRNO[name] === -result) ?? 'EINVAL');
}
