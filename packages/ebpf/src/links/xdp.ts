import {
  BpfCommand,
  bpf,
  Errno,
  Fd,
  getLink,
  isSyscallError,
  NativeBuffer,
  Netlink,
  SyscallError,
} from '@twinpath/linux';
import { permissionHint } from '../object.ts';
import { BpfProgram } from '../programs/program.ts';
import { BpfLink } from './link.ts';

const BPF_XDP = 37;

/** XDP_FLAGS_SKB_MODE and XDP_FLAGS_DRV_MODE */
const modeFlags = { generic: 1 << 1, native: 1 << 2 } as const;

/** In the driver, or after the stack has allocated its buffers (slow: for drivers without XDP, and for tests). */
export type XdpMode = keyof typeof modeFlags;

export interface XdpAttachment {
  readonly program: BpfProgram;
  /** Index in this thread's network namespace. */
  readonly ifindex: number;
  /** 'auto': native, or generic where the driver cannot; see XdpLink.mode for what it became. */
  readonly mode: XdpMode | 'auto';
}

/** An XDP program on an interface. */
export class XdpLink extends BpfLink {
  readonly mode: XdpMode;

  constructor(fd: Fd, mode: XdpMode) {
    super(fd);
    this.mode = mode;
  }
}

/**
 * Attaches an XDP program to an interface of this thread's network namespace. Since 5.9.
 * @throws SyscallError: EBUSY (another program is there), EOPNOTSUPP (no native XDP), ERANGE (MTU too large), ENODEV.
 */
export function attachXdp({ program, ifindex, mode }: XdpAttachment): XdpLink {
  const first = mode === 'auto' ? 'native' : mode;
  const result = create(program, ifindex, first);
  if (result >= 0) return new XdpLink(Fd.adopt(result), first);
  // Drivers refuse what they cannot do natively with these: no XDP at all, or not with this MTU or these queues.
  const unable = [Errno.EOPNOTSUPP, Errno.ERANGE, Errno.EINVAL].some((errno) => result === -errno);
  const second = mode === 'auto' && unable ? create(program, ifindex, 'generic') : result;
  if (second >= 0) return new XdpLink(Fd.adopt(second), 'generic');
  const subject = `program "${program.name}" on ${nameOf(ifindex)} (${mode} XDP)`;
  throw new SyscallError('bpf(LINK_CREATE)', -second, { subject, ...explain(second, ifindex, mode) });
}

function create(program: BpfProgram, ifindex: number, mode: XdpMode): number {
  const attr = new NativeBuffer(48).setU32(0, program.fd.number).setU32(4, ifindex);
  return bpf(BpfCommand.LINK_CREATE, attr.setU32(8, BPF_XDP).setU32(12, modeFlags[mode]));
}

function explain(result: number, ifindex: number, mode: string): { detail?: string; hint?: string } {
  switch (-result) {
    case Errno.EBUSY:
    case Errno.EEXIST:
      return { detail: occupant(ifindex), hint: 'detach it first: bpftool net, bpftool link detach' };
    case Errno.EOPNOTSUPP:
      return { detail: 'the driver has no native XDP, or not in this configuration', hint: "use mode 'generic'" };
    case Errno.ERANGE:
      return { detail: 'the MTU is too large for a packet in one page', hint: 'set the MTU to 3498 or less' };
    case Errno.ENODEV:
    case Errno.EINVAL:
      return { hint: 'the interface must exist in the network namespace of the calling thread' };
    case Errno.EPERM:
      return { hint: permissionHint };
    default:
      return mode === 'generic' ? {} : { hint: "mode 'generic' may work" };
  }
}

/** Who sits on the interface already. */
function occupant(ifindex: number): string {
  using netlink = new Netlink();
  const { xdp } = getLink(netlink, ifindex);
  if (xdp === undefined) return 'the interface is in use by another XDP program';
  try {
    using program = BpfProgram.fromId(xdp.programId);
    return `program "${program.name}" (id ${xdp.programId}, ${xdp.mode}) is attached already`;
  } catch (error) {
    // Gone meanwhile, of another type, or not ours to see: the id must do.
    if (!isSyscallError(error) && !(error instanceof TypeError)) throw error;
    return `a program (id ${xdp.programId}, ${xdp.mode}) is attached already`;
  }
}

function nameOf(ifindex: number): string {
  using netlink = new Netlink();
  try {
    return `interface ${getLink(netlink, ifindex).name}`;
  } catch (error) {
    if (!isSyscallError(error, 'ENODEV')) throw error;
    return `interface with index ${ifindex}`;
  }
}
