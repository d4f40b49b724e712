import { BpfCommand, bpf, check, Errno, Fd, NativeBuffer, SyscallError } from '@twinpath/linux';
import { requireFeature } from '../features/probe.ts';
import { context } from '../object.ts';
import { BpfProgram } from '../programs/program.ts';
import { BPF_TCX_INGRESS, BpfLink, type Direction } from './link.ts';

const BPF_TCX_EGRESS = 47;
const BPF_F_BEFORE = 1 << 3;
const BPF_F_AFTER = 1 << 4;
const BPF_F_LINK = 1 << 13;

/** Where among the programs of the same interface and direction. */
export type TcxAnchor =
  | 'first'
  | 'last'
  | { readonly before: BpfProgram | BpfLink }
  | { readonly after: BpfProgram | BpfLink };

export interface TcxAttachment {
  readonly program: BpfProgram;
  /** Index in this thread's network namespace. */
  readonly ifindex: number;
  readonly direction: Direction;
  /** Default: behind all others. */
  readonly anchor?: TcxAnchor;
}

/** One program of an interface, in the order in which they run. */
export interface TcxEntry {
  readonly programId: number;
  /** 0 for a program attached without a link. */
  readonly linkId: number;
}

/**
 * Attaches a tc program to one direction of an interface of this thread's network namespace. Since 6.6.
 * @throws UnsupportedFeatureError on older kernels; SyscallError: ENODEV, ENOENT (anchor not attached there).
 */
export function attachTcx({ program, ifindex, direction, anchor = 'last' }: TcxAttachment): BpfLink {
  const attr = new NativeBuffer(48).setU32(0, program.fd.number).setU32(4, ifindex);
  attr.setU32(8, attachType(direction));
  setAnchor(attr, anchor);
  const result = bpf(BpfCommand.LINK_CREATE, attr);
  if (result >= 0) return new BpfLink(Fd.adopt(result));
  if (result === -Errno.EINVAL) requireFeature('tcx-link');
  const subject = `program "${program.name}" on ${direction} of interface with index ${ifindex} (tcx)`;
  throw new SyscallError('bpf(LINK_CREATE)', -result, { ...context(result, subject), ...explain(result) });
}

function explain(result: number): { hint?: string } {
  if (result === -Errno.ENODEV)
    return { hint: 'the interface must exist in the network namespace of the calling thread' };
  if (result === -Errno.ENOENT) return { hint: 'the anchor must be attached to the same interface and direction' };
  return {};
}

const attachType = (direction: Direction) => (direction === 'ingress' ? BPF_TCX_INGRESS : BPF_TCX_EGRESS);

function setAnchor(attr: NativeBuffer, anchor: TcxAnchor): void {
  if (anchor === 'first' || anchor === 'last') {
    attr.setU32(12, anchor === 'first' ? BPF_F_BEFORE : BPF_F_AFTER);
    return;
  }
  const [object, place] = 'before' in anchor ? [anchor.before, BPF_F_BEFORE] : [anchor.after, BPF_F_AFTER];
  attr.setU32(12, place | (object instanceof BpfProgram ? 0 : BPF_F_LINK)).setU32(16, object.fd.number);
}

/** The programs on one direction of an interface of this thread's namespace, first to last. Since 6.6. */
export function queryTcx(ifindex: number, direction: Direction): TcxEntry[] {
  const room = 64;
  const programs = new NativeBuffer(4 * room);
  const links = new NativeBuffer(4 * room);
  const attr = new NativeBuffer(64).setU32(0, ifindex).setU32(4, attachType(direction));
  attr.setPointer(16, programs).setU32(24, room).setPointer(40, links);
  const result = bpf(BpfCommand.PROG_QUERY, attr);
  check('bpf(PROG_QUERY)', result, context(result, `${direction} of interface with index ${ifindex}`));
  return Array.from({ length: attr.getU32(24) }, (_, index) => ({
    programId: programs.getU32(4 * index),
    linkId: links.getU32(4 * index),
  }));
}
