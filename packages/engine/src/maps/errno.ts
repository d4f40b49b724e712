/** Errors that map operations return, negated. */
export const ERRNO = {
  ENOENT: 2,
  E2BIG: 7,
  EAGAIN: 11,
  ENOMEM: 12,
  EFAULT: 14,
  EEXIST: 17,
  EINVAL: 22,
  ENOSPC: 28,
} as const;
export type Errno = keyof typeof ERRNO;

/** BPF_ANY, BPF_NOEXIST, BPF_EXIST, BPF_F_LOCK. */
export const UPDATE = { any: 0, noExist: 1, exist: 2, lock: 4 } as const;
