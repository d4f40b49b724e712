import { BpfCommand, bpf, check, Errno, type Fd, isSyscallError, NativeBuffer } from '@twinpath/linux';
import { context, objectIds, objectInfo, openById, openPinned, pinObject } from '../object.ts';
import type { BpfProgram } from '../programs/program.ts';
import type { Attachment } from './attachment.ts';

/** Where a program is attached. */
export interface LinkInfo {
  readonly id: number;
  /** "other": a kind that this library does not make. */
  readonly type: 'xdp' | 'tcx' | 'other';
  readonly programId: number;
  /** Index in the namespace that the link was made in; 0 when the interface is gone, or for "other". */
  readonly ifindex: number;
  /** Of tcx links. */
  readonly direction: Direction | undefined;
}

export type Direction = 'ingress' | 'egress';

/** enum bpf_link_type */
const BPF_LINK_TYPE_XDP = 6;
const BPF_LINK_TYPE_TCX = 11;
export const BPF_TCX_INGRESS = 46;
const BPF_F_REPLACE = 4;

/**
 * An attached program. The attachment ends when the last holder of the link does: this object, or a pin. A link belongs to
 * the interface of one network namespace, but can be updated and read from everywhere.
 */
export class BpfLink implements Attachment {
  readonly fd: Fd;

  constructor(fd: Fd) {
    this.fd = fd;
  }

  /** Opens a link pinned by pin(). */
  static fromPin(path: string): BpfLink {
    return new BpfLink(openPinned(path));
  }

  /** Opens a link of this machine by its id. Needs CAP_SYS_ADMIN. */
  static fromId(id: number): BpfLink {
    return new BpfLink(openById('LINK', id));
  }

  info(): LinkInfo {
    return readLinkInfo(this.fd);
  }

  /**
   * Replaces the program between two packets; none is lost. Since 5.9 for XDP, 6.6 for tcx.
   * @param expected when given, nothing is replaced unless this is the program in place (EPERM).
   */
  update(program: BpfProgram, expected?: BpfProgram): void {
    const attr = new NativeBuffer(16).setU32(0, this.fd.number).setU32(4, program.fd.number);
    if (expected !== undefined) attr.setU32(8, BPF_F_REPLACE).setU32(12, expected.fd.number);
    const result = bpf(BpfCommand.LINK_UPDATE, attr);
    const subject = `program "${program.name}"`;
    const details = { subject, hint: updateHint(result, expected !== undefined) };
    check('bpf(LINK_UPDATE)', result, details);
  }

  /** Ends the attachment although pins or other processes hold the link. Since 5.9. */
  detach(): void {
    const result = bpf(BpfCommand.LINK_DETACH, new NativeBuffer(4).setU32(0, this.fd.number));
    check('bpf(LINK_DETACH)', result, context(result, 'link'));
  }

  /** Keeps the attachment at `path` on a BPF file system beyond this process. Unpin by removing the file. */
  pin(path: string): void {
    pinObject(this.fd, path, 'link');
  }

  /** Lets go of the link; the program is detached unless it is pinned. */
  [Symbol.dispose](): void {
    this.fd.close();
  }
}

function updateHint(result: number, expecting: boolean): string | undefined {
  if (result === -Errno.EPERM && expecting) return 'another program than the expected one is attached';
  if (result === -Errno.ENOLINK) return 'the interface is gone, or the link was detached';
  if (result === -Errno.EINVAL) return 'the program must be of the same type as the one in place';
  return undefined;
}

/** struct bpf_link_info: u32 type, id, prog_id, 4 bytes padding, then by type. */
function readLinkInfo(fd: Fd): LinkInfo {
  const info = objectInfo(fd, 64, 'link');
  const base = { id: info.getU32(4), programId: info.getU32(8) };
  switch (info.getU32(0)) {
    case BPF_LINK_TYPE_XDP:
      return { ...base, type: 'xdp', ifindex: info.getU32(16), direction: undefined };
    case BPF_LINK_TYPE_TCX: {
      const direction = info.getU32(20) === BPF_TCX_INGRESS ? 'ingress' : 'egress';
      return { ...base, type: 'tcx', ifindex: info.getU32(16), direction };
    }
    default:
      return { ...base, type: 'other', ifindex: 0, direction: undefined };
  }
}

/** All links of this machine, in every namespace: also those whose maker died. Needs CAP_SYS_ADMIN. */
export function listBpfLinks(): LinkInfo[] {
  const links: LinkInfo[] = [];
  for (const id of objectIds('LINK')) {
    try {
      using link = BpfLink.fromId(id);
      links.push(link.info());
    } catch (error) {
      // It went away between two system calls, or somebody is just making it.
      if (!isSyscallError(error, 'ENOENT', 'EAGAIN')) throw error;
    }
  }
  return links;
}
