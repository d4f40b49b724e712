// What whoever works on the rings of an AF_XDP socket asks of the kernel, by descriptor number: it may be another thread's.

import { Errno } from './errno.ts';
import { sys } from './ffi.ts';
import { check } from './syscall-error.ts';

const MSG_DONTWAIT = 0x40;

/**
 * Has the kernel send what is in the transmit ring, a budget's worth at most in copy mode.
 * `false`: it could not take all now; the rest goes with a later call.
 */
export function wakeXdpSender(fd: number): boolean {
  const result = sys.sendto(fd, null, 0, MSG_DONTWAIT, null, 0);
  return settled('sendto', fd, result);
}

/** Has the driver take new frames from the fill ring. */
export function wakeXdpReceiver(fd: number): boolean {
  return settled('recv', fd, sys.recv(fd, null, 0, MSG_DONTWAIT));
}

/** Busy and full are what it is for; an interface that is down, or gone (ENXIO), sends nothing. */
const passing: ReadonlySet<number> = new Set(
  [Errno.EAGAIN, Errno.EBUSY, Errno.ENOBUFS, Errno.EINTR, Errno.ENETDOWN, Errno.ENXIO].map((errno) => -errno),
);

function settled(call: string, fd: number, result: number): boolean {
  if (result >= 0) return true;
  if (!passing.has(result)) check(call, result, { subject: `AF_XDP socket ${fd}` });
  return false;
}
