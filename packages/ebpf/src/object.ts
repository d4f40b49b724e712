import { BpfCommand, bpf, check, Errno, Fd, NativeBuffer, type SyscallContext } from '@twinpath/linux';

// What maps, programs and links have in common: pins, ids, and information read through their descriptor.

/** What to say when the kernel answers EPERM. */
export const permissionHint = 'run as root, or give the process CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON';

export function context(result: number, subject: string): SyscallContext {
  return result === -Errno.EPERM ? { subject, hint: permissionHint } : { subject };
}

/** Turns a bpf(2) result into a descriptor. */
export function adoptResult(command: string, result: number, subject: string): Fd {
  return Fd.adopt(check(`bpf(${command})`, result, context(result, subject)));
}

/** Makes the object reachable at `path`, on a BPF file system, also after this process ends. Since 4.4. */
export function pinObject(fd: Fd, path: string, subject: string): void {
  const attr = new NativeBuffer(16).setPointer(0, textBuffer(path)).setU32(8, fd.number);
  const result = bpf(BpfCommand.OBJ_PIN, attr);
  const hint = 'the path must be new, in an existing directory of a BPF file system (/sys/fs/bpf)';
  check('bpf(OBJ_PIN)', result, { subject: `${subject} at ${path}`, hint });
}

/** Opens what is pinned at `path`; the kind of object is checked by who asks. */
export function openPinned(path: string): Fd {
  const attr = new NativeBuffer(16).setPointer(0, textBuffer(path));
  return adoptResult('OBJ_GET', bpf(BpfCommand.OBJ_GET, attr), path);
}

type IdCommand = 'PROG' | 'MAP' | 'LINK';

/** Opens the object with this id. Needs CAP_SYS_ADMIN. */
export function openById(kind: IdCommand, id: number): Fd {
  const attr = new NativeBuffer(16).setU32(0, id);
  return adoptResult(`${kind}_GET_FD_BY_ID`, bpf(BpfCommand[`${kind}_GET_FD_BY_ID`], attr), `id ${id}`);
}

/** The ids of all maps, programs or links of this machine, in every namespace. Needs CAP_SYS_ADMIN. */
export function* objectIds(kind: IdCommand): Generator<number> {
  const attr = new NativeBuffer(16);
  for (;;) {
    const result = bpf(BpfCommand[`${kind}_GET_NEXT_ID`], attr);
    if (result === -Errno.ENOENT) return;
    check(`bpf(${kind}_GET_NEXT_ID)`, result, context(result, `id after ${attr.getU32(0)}`));
    const id = attr.getU32(4);
    yield id;
    attr.setU32(0, id);
  }
}

/** struct bpf_map_info, bpf_prog_info or bpf_link_info, zero-filled beyond what this kernel knows. */
export function objectInfo(fd: Fd, size: number, subject: string, prepared?: NativeBuffer): NativeBuffer {
  const info = prepared ?? new NativeBuffer(size);
  const attr = new NativeBuffer(16).setU32(0, fd.number).setU32(4, size).setPointer(8, info);
  const result = bpf(BpfCommand.OBJ_GET_INFO_BY_FD, attr);
  check('bpf(OBJ_GET_INFO_BY_FD)', result, context(result, subject));
  return info;
}

/** The NUL-terminated text of at most `room` bytes at `offset`. */
export function readText(buffer: NativeBuffer, offset: number, room: number): string {
  const bytes = buffer.bytes.subarray(offset, offset + room);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

export function textBuffer(text: string): NativeBuffer {
  return new NativeBuffer(new TextEncoder().encode(`${text}\0`));
}

/** Names in the kernel: at most 15 of [A-Za-z0-9_.] (BPF_OBJ_NAME_LEN). */
export function kernelName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.]/g, '_').slice(0, 15);
}
