// Headers put into the packet and taken out of it, between Ethernet and the datagram.
import { etherTypeNumbers } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Outcome } from '../../path.ts';
import { UNDEFINED } from '../../value.ts';
import { type Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import type { Member } from '../members.ts';
import { each } from '../memo.ts';
import { type Piece, storePieces } from '../memory/piece.ts';
import { frameDatagram, ipPart, versionOf } from '../packet/datagram.ts';
import { frameLength } from '../packet/length.ts';
import { joined } from '../rewrite/covering.ts';
import type { Delta } from '../rewrite/delta.ts';
import { isView, part, type View, view } from '../view.ts';
import { type Announced, EXPERIMENTAL, IPV4_IN_IP, IPV6_IN_IP, type Layer, readLayer } from './layer.ts';
import { inNextEpoch, moveWithLink, withLink } from './move.ts';
import { adjustRoom, ROOM_EPOCHS, roomFor, roomWithout } from './room.ts';
import { carriedSum, type PlacedLayer, withUdpChecksums } from './udp-checksum.ts';

/** struct __sk_buff: not 0 for a packet of many segments. */
const SKB_GSO_SIZE = 176;
const IPV4 = 20;
const IPV6 = 40;

export const encapsulate: Member = (call) => {
  const { lowering, path, operands, site } = call;
  const isXdp = lowering.target.hook === 'xdp';
  const layers = operands.map((operand) => readLayer(lowering, operand, site));
  const [outermost] = layers;
  if (outermost === undefined) return lowering.fail(site, 'TP4006', 'a layer');
  if (!isXdp && outermost.kind !== 'ip') {
    return lowering.fail(site, 'TP3015', 'encapsulate without ipHeader in front', lowering.target.hook);
  }
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  const ends = each(frameDatagram(lowering, path), (on, ip) =>
    withLink(
      call,
      on,
      UNDEFINED,
      (start, linked) => {
        const { length, inner } = payload(start, linked, ip);
        const carried = carriedSum(start, layers, { ip, offset: part(linked, 'offset'), length }, site);
        const failed = carried.failed.map((one) => inNextEpoch(one, isXdp ? 1 : ROOM_EPOCHS));
        const put = carried.summed.flatMap(({ code, sum }) => {
          const written = { layers, size, length, inner, sum };
          return isXdp ? putOnXdp(code, linked, written) : putOnTc(code, linked, written);
        });
        return [...put.flatMap((one) => one.outcomes), ...nothing([...failed, ...put.flatMap((one) => one.failed)])];
      },
      isXdp ? 1 : ROOM_EPOCHS,
    ),
  );
  return lowering.join(ends);
};

interface Put {
  readonly outcomes: readonly Outcome[];
  readonly failed: readonly Code[];
}

const outermostOf = ({ layers: [outermost] }: Written): Layer => {
  if (outermost === undefined) throw new Error('there is a layer');
  return outermost;
};

function putOnXdp(code: Code, linked: View, written: Written): readonly Put[] {
  const outermost = outermostOf(written);
  const { size, length } = written;
  const { moved, failed } = moveWithLink(code, linked, code.id(n(-size)), outermost.etherType);
  return joined(moved.map((one) => one.code)).map((after) => {
    const at = after.offset(after.packetStart(), part(linked, 'offset'));
    const { then, otherwise } = after.whenInPacket(at, size);
    writeLayers(then, at, written);
    const place = outer(then, outermost, { size, length });
    return {
      outcomes: datagramBehind(then, linked, outermost.etherType, place),
      failed: [...failed, otherwise],
    };
  });
}

function putOnTc(start: Code, linked: View, written: Written): readonly Put[] {
  const { layers, size } = written;
  const { etherType: type } = outermostOf(written);
  if (typeof type !== 'number') throw new Error('IP is in front');
  const { flags, isWhole } = roomFor(layers);
  const whole = isWhole ? start.when('eq', start.context(SKB_GSO_SIZE), n(0), 'then') : undefined;
  const code = whole?.then ?? start;
  const room = { by: code.id(n(size)), flags, type, written: size };
  const { done, failed } = adjustRoom(code, linked, room, (on, at) => {
    writeLayers(on, at, written);
    return on;
  });
  const outcomes = done.flatMap((after) => frameDatagramOf(after, type));
  return [{ outcomes, failed: [...failed, ...(whole ? [inNextEpoch(whole.otherwise, ROOM_EPOCHS)] : [])] }];
}

/** `undefined`: it is not of this version. */
const frameDatagramOf = ({ lowering, path }: Code, type: number): readonly Outcome[] =>
  each(frameDatagram(lowering, path), (on, ip) => {
    const wanted = type === etherTypeNumbers.ipv4 ? 4 : 6;
    return [{ path: on, value: isView(ip, 'ip') && versionOf(ip) === wanted ? ip : UNDEFINED }];
  });

interface Place {
  readonly length: ValueId;
  readonly headerLength: ValueId;
}

/** The outermost header as it was written. */
function outer(
  code: Code,
  { size: own }: Layer,
  { size, length }: { readonly size: number; readonly length: ValueId },
): Place {
  return { length: code.alu('add', length, n(size)), headerLength: code.id(n(own)) };
}

/** The datagram in its new place, of which all is known. */
function datagramBehind(
  start: Code,
  linked: View,
  etherType: Announced['etherType'],
  { length, headerLength }: Place,
): readonly Outcome[] {
  const version = etherType === etherTypeNumbers.ipv4 ? 4 : etherType === etherTypeNumbers.ipv6 ? 6 : undefined;
  if (version === undefined) return [{ path: start.path, value: UNDEFINED }];
  const ends = new Ends(start.lowering);
  const offset = part(linked, 'offset');
  const at = start.offset(start.packetStart(), offset);
  const fits = ends.require(start.when('ule', length, n(version === 4 ? 0xffff : 0xffff + IPV6), 'then'));
  const code = ends.require(fits.whenInPacket(at, version === 4 ? IPV4 : IPV6));
  const end = code.alu('add', offset, length);
  const parts = { at, offset, length, headerLength, end };
  ends.found(code, view('ip', code.path.epoch, { version, quoted: false, tunnelled: false, tunnels: 0 }, parts));
  return ends.outcomes();
}

const nothing = (codes: readonly Code[]): readonly Outcome[] =>
  joined(codes).map(({ path }) => ({ path, value: UNDEFINED }));

/** What is carried: a datagram without its padding, or all that follows Ethernet. */
function payload(
  code: Code,
  linked: View,
  ip: Outcome['value'],
): { readonly length: ValueId; readonly inner: Announced } {
  if (!isView(ip, 'ip')) {
    const length = code.alu('sub', frameLength(code), part(linked, 'offset'));
    return { length, inner: { ...EXPERIMENTAL, etherType: { id: part(linked, 'type') } } };
  }
  const inner =
    versionOf(ip) === 4
      ? { etherType: etherTypeNumbers.ipv4, protocol: IPV4_IN_IP }
      : { etherType: etherTypeNumbers.ipv6, protocol: IPV6_IN_IP };
  return { length: ipPart(ip, 'length'), inner };
}

interface Written {
  readonly layers: readonly Layer[];
  readonly size: number;
  readonly length: ValueId;
  readonly inner: Announced;
  /** Of what is carried, where a checksum covers it. */
  readonly sum: Delta | undefined;
}

/** `size` bytes are proven at `at`. */
function writeLayers(code: Code, at: ValueId, { layers, size, length, inner, sum }: Written): void {
  let offset = 0;
  const placed = layers.map((layer, index): PlacedLayer => {
    const begin = offset;
    offset += layer.size;
    const after = code.alu('add', length, n(size - offset));
    const made = layer.pieces(code, after, layers[index + 1] ?? inner);
    return { layer, begin, after, pieces: made.map((piece): Piece => ({ ...piece, offset: begin + piece.offset })) };
  });
  storePieces(code, at, 0, size, withUdpChecksums(code, placed, size, sum));
}

export const decapsulate: Member = (call) => {
  const { lowering, path, operands, site } = call;
  const isXdp = lowering.target.hook === 'xdp';
  const [inner] = operands;
  if (inner === undefined || !isView(inner, 'ip')) {
    return lowering.fail(site, 'TP3005', 'an IP header', inner?.kind ?? 'nothing');
  }
  if (inner.epoch !== path.epoch) return lowering.fail(site, 'TP3014', 'a call');
  const type = versionOf(inner) === 4 ? etherTypeNumbers.ipv4 : etherTypeNumbers.ipv6;
  const ends = withLink(
    call,
    path,
    UNDEFINED,
    (code, linked) => (isXdp ? takeOnXdp(code, linked, inner, type) : takeOnTc(code, linked, inner, type)),
    isXdp ? 1 : ROOM_EPOCHS,
  );
  return lowering.join(ends);
};

function takeOnXdp(code: Code, linked: View, inner: View, type: number): readonly Outcome[] {
  const by = code.alu('sub', ipPart(inner, 'offset'), part(linked, 'offset'));
  const { moved, failed } = moveWithLink(code, linked, by, type);
  const place = { length: ipPart(inner, 'length'), headerLength: ipPart(inner, 'headerLength') };
  const taken = joined(moved.map((one) => one.code)).flatMap((after) => datagramBehind(after, linked, type, place));
  return [...taken, ...nothing(failed)];
}

function takeOnTc(start: Code, linked: View, inner: View, type: number): readonly Outcome[] {
  const ends: Outcome[] = [];
  const by = start.alu('sub', part(linked, 'offset'), ipPart(inner, 'offset'));
  const isIpv6 = start.when('eq', part(linked, 'type'), n(etherTypeNumbers.ipv6), 'otherwise');
  for (const [code, outer] of [
    [isIpv6.then, 6],
    [isIpv6.otherwise, 4],
  ] as const) {
    const room = { by, flags: roomWithout(outer, versionOf(inner)), type, written: 0 };
    const { done, failed } = adjustRoom(code, linked, room, (on) => on);
    ends.push(...done.flatMap((after) => frameDatagramOf(after, type)), ...nothing(failed));
  }
  return ends;
}
