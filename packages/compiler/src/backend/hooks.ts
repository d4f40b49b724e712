import type { AttachType, ProgramType } from '@twinpath/ebpf';
import type { Hook } from '../ir/types.ts';

interface HookFacts {
  readonly type: ProgramType;
  readonly attach: AttachType;
  /** Byte offsets of the packet's bounds in the context, each a 32-bit field that the verifier makes a pointer of. */
  readonly packetStart: number;
  readonly packetEnd: number;
}

const skb = { type: 'sched-cls', packetStart: 76, packetEnd: 80 } as const;

/** struct xdp_md and struct __sk_buff of include/uapi/linux/bpf.h. */
export const HOOKS: Readonly<Record<Hook, HookFacts>> = {
  xdp: { type: 'xdp', attach: 'xdp', packetStart: 0, packetEnd: 4 },
  'tcx-ingress': { ...skb, attach: 'tcx-ingress' },
  'tcx-egress': { ...skb, attach: 'tcx-egress' },
};
