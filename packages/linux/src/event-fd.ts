import { Errno } from './errno.ts';
import { Fd } from './fd.ts';
import { sys } from './ffi.ts';
import { NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';

const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;

/** eventfd(2): readable from when any thread has signalled it until it is cleared. */
export function createEventFd(): Fd {
  return Fd.adopt(check('eventfd', sys.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)));
}

const count = new NativeBuffer(8);

/** Harmless when it was signalled already. */
export function signalEventFd(fd: number): void {
  count.setU32(0, 1);
  const result = sys.write(fd, count.bytes, 8);
  if (result !== -Errno.EAGAIN) check('write', result, { subject: 'an event descriptor' });
}

export function clearEventFd(fd: number): void {
  const result = sys.read(fd, count.bytes, 8);
  if (result !== -Errno.EAGAIN) check('read', result, { subject: 'an event descriptor' });
}
