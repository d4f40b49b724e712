export { BpfCommand, bpf } from './bpf.ts';
export { Errno, errnoName } from './errno.ts';
export { Fd, openFds, traceFds } from './fd.ts';
export { MappedMemory, type MappingOptions, pageSize } from './mapped-memory.ts';
export { keepAlive, NativeBuffer } from './native-buffer.ts';
export { check, isSyscallError, type SyscallContext, SyscallError } from './syscall-error.ts';
