// The kernel's routes: bpf_fib_lookup, `struct bpf_fib_lookup` of include/uapi/linux/bpf.h, 64 bytes.
import { ipv4Layout, ipv6Layout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import { directionOf } from '../../direction.ts';
import type { Lowering } from '../../lowering.ts';
import type { Path } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { type Piece, storePieces } from '../memory/piece.ts';
import { scratchSlot } from '../memory/scratch-slots.ts';
import { frameDatagram, ipPart, versionOf } from '../packet/datagram.ts';
import { loadField, loadWords } from '../packet/field.ts';
import { ifindex } from '../packet/port.ts';
import { isView, type View } from '../view.ts';

const FIB = { size: 64, family: 0, length: 6, ifindex: 8, tos: 12, src: 16, dst: 32, smac: 52, dmac: 58 } as const;
const AF_INET = 2n;
const AF_INET6 = 10n;

export interface Hop {
  readonly ip: View;
  readonly ifindex: ValueId;
  readonly mtu: ValueId;
  readonly src: Value;
  readonly dst: Value;
}

/** The paths on which the kernel knows where the packet goes next, and those on which it has more to do with it, or must not
 *  forward it: no IP, `hops` at 1, no route, no neighbour yet, too big, for the host itself. */
export function lookUpRoute(
  lowering: Lowering,
  path: Path,
): { readonly found: readonly { readonly code: Code; readonly hop: Hop }[]; readonly others: readonly Path[] } {
  const ends = new Ends(lowering);
  const found = frameDatagram(lowering, path).flatMap(({ path: on, value: ip }) => {
    const start = new Code(lowering, on);
    if (!isView(ip, 'ip')) {
      ends.fail(start);
      return [];
    }
    const { fields } = versionOf(ip) === 4 ? ipv4Layout : ipv6Layout;
    // What leaves the host has been forwarded already.
    const mayGo = directionOf(lowering.target) === 'egress' ? n(0) : n(1);
    const living = ends.require(start.when('ugt', loadField(start, ipPart(ip, 'at'), fields.hops), mayGo, 'then'));
    const slot = scratchSlot(living, 'value', FIB.size);
    storePieces(living, slot, 0, FIB.size, parameters(living, ip));
    const result = living.call('fib_lookup', [lowering.builder.context, slot, n(FIB.size), n(0)]);
    const code = ends.require(living.when('eq', result, n(0), 'then'));
    return [{ code, hop: hopOf(code, ip, slot) }];
  });
  return { found, others: ends.failures() };
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

function hopOf(code: Code, ip: View, slot: ValueId): Hop {
  // The second address lies at an even place only, and the stack is read aligned.
  const half = (offset: number) => code.load(slot, offset, 16);
  const first = code.alu('or', half(FIB.dmac), code.alu('shl', half(FIB.dmac + 2), n(16)));
  return {
    ip,
    ifindex: code.load(slot, FIB.ifindex, 32),
    mtu: code.load(slot, FIB.length, 16),
    src: { kind: 'bytes', type: 'mac', words: loadWords(code, slot, FIB.smac, 6) },
    dst: {
      kind: 'bytes',
      type: 'mac',
      words: [
        { id: first, width: 32 },
        { id: half(FIB.dmac + 4), width: 16 },
      ],
    },
  };
}
