import { statfsSync } from 'node:fs';
import { sys } from './ffi.ts';
import { check } from './syscall-error.ts';

const BPF_FS_MAGIC = 0xcafe4a11;

/** Where the BPF file system belongs: pins under it outlive the process. */
export const bpffsPath = '/sys/fs/bpf';

/** Whether `path` is on a BPF file system. */
export function isBpffs(path: string): boolean {
  return statfsSync(path).type === BPF_FS_MAGIC;
}

/** Mounts the BPF file system at /sys/fs/bpf when it is not there. */
export function mountBpffs(): void {
  if (isBpffs(bpffsPath)) return;
  const hint = 'mount it by hand: mount -t bpf bpf /sys/fs/bpf';
  check('mount', sys.mount('bpf', bpffsPath, 'bpf', 0, 'mode=0700'), { subject: 'the BPF file system', hint });
}
