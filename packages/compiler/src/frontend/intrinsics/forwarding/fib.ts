// bpf_fib_lookup: what the kernel's routing table says, `struct bpf_fib_lookup` of include/uapi/linux/bpf.h, 64 bytes.
import { ipv4Layout, ipv6Layout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import { type Code, n } from '../code.ts';
import { type Piece, storePieces } from '../memory/piece.ts';
import { ipPart, versionOf } from '../packet/datagram.ts';
import { loadField } from '../packet/field.ts';
import { ifindex } from '../packet/port.ts';
import type { View } from '../view.ts';

export const FIB = {
  size: 64,
  family: 0,
  length: 6,
  ifindex: 8,
  tos: 12,
  src: 16,
  dst: 32,
  smac: 52,
  dmac: 58,
} as const;
const AF_INET = 2n;
const AF_INET6 = 10n;

/** The paths on which the kernel knows and does not; its answer at `fib`, 64 bytes. */
export function askKernel(code: Code, ip: View, fib: ValueId): { readonly then: Code; readonly otherwise: Code } {
  storePieces(code, fib, 0, FIB.size, parameters(code, ip));
  const result = code.call('fib_lookup', [code.lowering.builder.context, fib, n(FIB.size), n(0)]);
  return code.when('eq', result, n(0), 'then');
}

function parameters(code: Code, ip: View): readonly Piece[] {
  const at = ipPart(ip, 'at');
  const isXdp = code.lowering.target.hook === 'xdp';
  // A length asks for a check against the MTU; a tc packet may be many segments, and the kernel checks those by itself.
  const length: readonly Piece[] = isXdp
    ? [{ offset: FIB.length, bits: 16, value: code.truncate(ipPart(ip, 'length'), 16) }]
    : [];
  const common: readonly Piece[] = [...length, { offset: FIB.ifindex, bits: 32, value: ifindex(code) }];
  const address = (offset: number, place: { readonly at: number; readonly bits: number }): readonly Piece[] =>
    Array.from({ length: place.bits / 32 }, (_, index) => ({
      offset: offset + 4 * index,
      bits: 32,
      value: code.load(at, place.at + 4 * index, 32),
    }));
  if (versionOf(ip) === 4) {
    const { src, dst, trafficClass } = ipv4Layout.fields;
    return [
      { offset: FIB.family, bits: 8, value: AF_INET },
      { offset: FIB.tos, bits: 8, value: loadField(code, at, trafficClass) },
      ...common,
      ...address(FIB.src, src),
      ...address(FIB.dst, dst),
    ];
  }
  const { src, dst } = ipv6Layout.fields;
  // IPV6_FLOWINFO_MASK: all but the version, in network order.
  const flow = code.alu('and', code.load(at, 0, 32), n(0xffff_ff0f));
  return [
    { offset: FIB.family, bits: 8, value: AF_INET6 },
    { offset: FIB.tos, bits: 32, value: flow },
    ...common,
    ...address(FIB.src, src),
    ...address(FIB.dst, dst),
  ];
}
