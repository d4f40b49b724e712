// The only file that imports koffi. What leaves it: functions that follow the kernel's own convention (a result >= 0, or
// minus the errno), so that errno is read in one place, immediately after the call, before anything else can change it.
// All calls are synchronous: koffi's asynchronous calls block libuv's four pool threads and keep the process from exiting.

import koffi from 'koffi';

/** Memory handed to the kernel for the length of one call, or an address that outlives it. */
export type Memory = Uint8Array | number | null;

// dlopen(NULL): the C library that the running node is linked with, glibc or musl.
const libc = koffi.load(null);

const strerrorNative: (errno: number) => string = libc.func('strerror', 'string', ['int']);

// Not declared variadic: on x86-64 and arm64 Linux the registers are the same.
const bpfNative: (number: number, command: number, attr: number, size: number) => number = libc.func(
  'syscall',
  'long',
  ['long', 'int', 'void *', 'uint32'],
);

const bpfNumbers: Partial<Record<string, number>> = { x64: 321, arm64: 280 };
const bpfNumber = bpfNumbers[process.arch] ?? unsupportedArchitecture();

function unsupportedArchitecture(): never {
  throw new Error(`Twinpath runs on x64 and arm64 Linux, not on ${process.arch} ${process.platform}`);
}

/** bpf(2): a result >= 0, or minus the errno. `attr` is an address whose memory the caller keeps alive. */
export function bpfSyscall(command: number, attr: number, size: number): number {
  const result = bpfNative(bpfNumber, command, attr, size);
  return result < 0 ? -koffi.errno() : result;
}

function wrap<A extends unknown[]>(native: (...args: A) => number): (...args: A) => number {
  return (...args) => {
    const result = native(...args);
    return result < 0 ? -koffi.errno() : result;
  };
}

const define = <A extends unknown[]>(name: string, args: string[], result = 'int'): ((...args: A) => number) =>
  wrap<A>(libc.func(name, result, args));

/** C library functions; each returns a result >= 0 or minus the errno. */
export const sys = {
  abort: define<[]>('abort', [], 'void'),
  bind: define<[fd: number, address: Memory, length: number]>('bind', ['int', 'void *', 'uint32']),
  clockGettime: define<[clock: number, timespec: Memory]>('clock_gettime', ['int', 'void *']),
  epollCreate1: define<[flags: number]>('epoll_create1', ['int']),
  epollCtl: define<[epoll: number, operation: number, fd: number, event: Memory]>('epoll_ctl', [
    'int',
    'int',
    'int',
    'void *',
  ]),
  epollWait: define<[epoll: number, events: Memory, most: number, timeoutMs: number]>('epoll_wait', [
    'int',
    'void *',
    'int',
    'int',
  ]),
  eventfd: define<[initial: number, flags: number]>('eventfd', ['uint32', 'int']),
  fcntl: define<[fd: number, command: number, value: number]>('fcntl', ['int', 'int', 'int']),
  getsockname: define<[fd: number, address: Memory, length: Memory]>('getsockname', ['int', 'void *', 'void *']),
  getsockopt: define<[fd: number, level: number, option: number, value: Memory, length: Memory]>('getsockopt', [
    'int',
    'int',
    'int',
    'void *',
    'void *',
  ]),
  ifNameToIndex: define<[name: string]>('if_nametoindex', ['string'], 'uint32'),
  ioctl: define<[fd: number, request: number, value: Memory]>('ioctl', ['int', 'ulong', 'void *']),
  mount: define<[source: string, target: string, type: string | null, flags: number, data: string | null]>('mount', [
    'string',
    'string',
    'string',
    'ulong',
    'string',
  ]),
  open: define<[path: string, flags: number, mode: number]>('open', ['string', 'int', 'uint32']),
  mprotect: define<[address: number, length: number, protection: number]>('mprotect', ['uintptr_t', 'size_t', 'int']),
  poll: define<[fds: Memory, count: number, timeoutMs: number]>('poll', ['void *', 'ulong', 'int']),
  prlimit: define<[pid: number, resource: number, wanted: Memory, old: Memory]>('prlimit', [
    'int',
    'int',
    'void *',
    'void *',
  ]),
  pthreadSigmask: define<[how: number, set: Memory, before: Memory]>('pthread_sigmask', ['int', 'void *', 'void *']),
  read: define<[fd: number, buffer: Memory, length: number]>('read', ['int', 'void *', 'size_t'], 'int64'),
  recv: define<[fd: number, buffer: Memory, length: number, flags: number]>(
    'recv',
    ['int', 'void *', 'size_t', 'int'],
    'int64',
  ),
  recvmsg: define<[fd: number, header: Memory, flags: number]>('recvmsg', ['int', 'void *', 'int'], 'int64'),
  schedSetaffinity: define<[thread: number, length: number, mask: Memory]>('sched_setaffinity', [
    'int',
    'size_t',
    'void *',
  ]),
  send: define<[fd: number, buffer: Memory, length: number, flags: number]>(
    'send',
    ['int', 'void *', 'size_t', 'int'],
    'int64',
  ),
  sendmmsg: define<[fd: number, headers: Memory, count: number, flags: number]>('sendmmsg', [
    'int',
    'void *',
    'uint32',
    'int',
  ]),
  sendmsg: define<[fd: number, header: Memory, flags: number]>('sendmsg', ['int', 'void *', 'int'], 'int64'),
  sendto: define<[fd: number, buffer: Memory, length: number, flags: number, address: Memory, addressLength: number]>(
    'sendto',
    ['int', 'void *', 'size_t', 'int', 'void *', 'uint32'],
    'int64',
  ),
  setns: define<[fd: number, type: number]>('setns', ['int', 'int']),
  setsockopt: define<[fd: number, level: number, option: number, value: Memory, length: number]>('setsockopt', [
    'int',
    'int',
    'int',
    'void *',
    'uint32',
  ]),
  socket: define<[family: number, type: number, protocol: number]>('socket', ['int', 'int', 'int']),
  sysconf: define<[name: number]>('sysconf', ['int'], 'long'),
  umount2: define<[target: string, flags: number]>('umount2', ['string', 'int']),
  unshare: define<[flags: number]>('unshare', ['int']),
  write: define<[fd: number, buffer: Memory, length: number]>('write', ['int', 'void *', 'size_t'], 'int64'),
};

const mmapNative: (
  address: number,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => number | bigint = libc.func('mmap', 'uintptr_t', ['uintptr_t', 'size_t', 'int', 'int', 'int', 'int64']);
const munmapNative: (address: number, length: number) => number = libc.func('munmap', 'int', ['uintptr_t', 'size_t']);

/** mmap(2): the address, or minus the errno. `offset` is 64 bits wide (AF_XDP rings start at 0x180000000). */
export function mmap(length: number, protection: number, flags: number, fd: number, offset: number): number {
  const address = mmapNative(0, length, protection, flags, fd, offset);
  // MAP_FAILED is all ones, which koffi returns as a BigInt; user addresses stay below 2^47 and come as Numbers.
  return typeof address === 'bigint' ? -koffi.errno() : address;
}

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;

/** mmap(MAP_FIXED): shares a file's pages in place of those at `address`. 0, or minus the errno. */
export function mmapAt(address: number, length: number, flags: number, fd: number, offset: number): number {
  const result = mmapNative(address, length, PROT_READ_WRITE, MAP_SHARED | MAP_FIXED | flags, fd, offset);
  return typeof result === 'bigint' ? -koffi.errno() : 0;
}

/** Puts pages that are all zero in place of those at `address`. 0, or minus the errno. */
export function mmapAnonymousAt(address: number, length: number): number {
  const result = mmapNative(address, length, PROT_READ_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
  return typeof result === 'bigint' ? -koffi.errno() : 0;
}

/** munmap(2): 0, or minus the errno. */
export function munmap(address: number, length: number): number {
  return munmapNative(address, length) < 0 ? -koffi.errno() : 0;
}

/** An ArrayBuffer over native memory: no copy, no finalizer. */
export function viewMemory(address: number, length: number): ArrayBuffer {
  return koffi.view(address, length);
}

/** The address of a buffer's first byte; it stays valid only while the buffer is referenced. */
export function addressOf(bytes: Uint8Array | ArrayBuffer): number {
  return Number(koffi.address(bytes));
}

/** The C library's text for an errno, such as "Operation not permitted". */
export const strerror = (errno: number): string => strerrorNative(errno);

/** What pollFd() needs of koffi's poll handle. */
export interface NativePoll {
  close(): void;
  ref(): void;
  unref(): void;
}

/**
 * uv_poll on a descriptor. The binary calls back with (status, events), unlike koffi's own type declaration;
 * an exception in the callback would silently stop all polling, so `callback` must not throw.
 */
export function pollReadable(fd: number, callback: (status: number) => void): NativePoll {
  return koffi.node.poll(fd, { readable: true }, (status: unknown) => {
    callback(typeof status === 'number' ? status : 0);
  });
}
