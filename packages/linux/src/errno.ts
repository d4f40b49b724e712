import { constants } from 'node:os';

// Numbers that the kernel returns and Node's table does not know.
const extra: Record<string, number> = { EUCLEAN: 117, ENOKEY: 126, ERFKILL: 132, ENOTSUPP: 524 };

const numbers: Readonly<Record<string, number>> = { ...constants.errno, ...extra };

const names = new Map<number, string>();
for (const [name, number] of Object.entries(numbers)) {
  // EAGAIN and EWOULDBLOCK, EOPNOTSUPP and ENOTSUP share a number on Linux: keep the name that man pages use.
  if (name !== 'EWOULDBLOCK' && name !== 'ENOTSUP') names.set(number, name);
}

/** "EPERM" for 1; "errno 999" for a number without a name. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}

/** The numbers compared with in code; all others are only named. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOSPC: 28,
  ERANGE: 34,
  ENOLINK: 67,
  EOPNOTSUPP: 95,
  EMSGSIZE: 90,
  ENETDOWN: 100,
  ENOBUFS: 105,
  ENOTSUPP: 524,
} as const;
