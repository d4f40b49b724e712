// bpf_skb_adjust_room behind Ethernet (BPF_ADJ_ROOM_MAC), as net/core/filter.c has it.
import type { Arguments, Helpers, Machine } from '../machine.ts';
import type { Operand } from '../memory.ts';

const ETHERNET = 14;
const BEHIND_ETHERNET = 1;
const LONGEST_CHANGE = 0xfff;
/** Protocol identifiers as they lie in a packet, read in the host's order. */
const IPV4 = 0x0008;
const IPV6 = 0xdd86;
const FLAG = {
  outerIpv4: 2n,
  outerIpv6: 4n,
  gre: 8n,
  udp: 16n,
  innerEthernet: 64n,
  leftIpv4: 128n,
  leftIpv6: 256n,
} as const;
const OUTER = FLAG.outerIpv4 | FLAG.outerIpv6;
const LEFT = FLAG.leftIpv4 | FLAG.leftIpv6;
const failure = (errno: number): bigint => BigInt.asUintN(64, BigInt(-errno));
const [EFAULT, EINVAL, EALREADY, ENOTSUPP] = [14, 22, 114, 524].map(failure);

function adjustRoom(given: Arguments, machine: Machine): Operand {
  given.context(0);
  const by = given.signed32(1);
  const flags = given.integer(3);
  const { context, frame } = machine;
  const protocol = context.get('protocol');
  const refused = refusal(by, given.unsigned32(2), flags, machine);
  if (refused !== undefined) {
    frame.touch();
    return refused;
  }
  if (by >= 0) frame.splice(ETHERNET, 0, new Uint8Array(by));
  else frame.splice(ETHERNET, -by, new Uint8Array());
  if ((flags & OUTER) !== 0n) machine.isTunnelled = true;
  const becomes =
    flags & (FLAG.outerIpv4 | FLAG.leftIpv4) ? IPV4 : flags & (FLAG.outerIpv6 | FLAG.leftIpv6) ? IPV6 : protocol;
  context.put('protocol', becomes);
  context.put('len', frame.bytes.length);
  return 0n;
}

function refusal(
  by: number,
  mode: number,
  flags: bigint,
  { context, frame, isTunnelled }: Machine,
): bigint | undefined {
  if (mode !== BEHIND_ETHERNET || (flags >> 9n) & 0x7fff_ffff_ffffn) return EINVAL;
  if (Math.abs(by) > LONGEST_CHANGE) return EFAULT;
  const protocol = context.get('protocol');
  if (protocol !== IPV4 && protocol !== IPV6) return ENOTSUPP;
  if (by < 0) {
    if (flags & ~(1n | LEFT)) return EINVAL;
    const least = flags & FLAG.leftIpv4 ? 20 : flags & FLAG.leftIpv6 ? 40 : protocol === IPV4 ? 20 : 40;
    return frame.bytes.length - ETHERNET + by < least ? ENOTSUPP : undefined;
  }
  if (flags & LEFT) return EINVAL;
  if (!(flags & OUTER)) return undefined;
  if ((flags & OUTER) === OUTER || (flags & FLAG.gre && flags & FLAG.udp)) return EINVAL;
  const inner = Number(flags >> 56n);
  if (inner > by || (flags & FLAG.innerEthernet && inner < ETHERNET)) return EINVAL;
  return isTunnelled ? EALREADY : undefined;
}

export const roomHelpers: Helpers = {
  skb_adjust_room: { parameters: 4, run: adjustRoom },
};
