// Headers put into the packet and taken out of it, between Ethernet and the datagram.
import { etherTypeNumbers } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Outcome } from '../../path.ts';
import { UNDEFINED } from '../../value.ts';
import { type Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import type { Call, Member } from '../members.ts';
import { each } from '../memo.ts';
import { type Piece, storePieces } from '../memory/piece.ts';
import { frameDatagram, ipPart, versionOf } from '../packet/datagram.ts';
import { frameLength } from '../packet/length.ts';
import { joined } from '../rewrite/covering.ts';
import { isView, part, type View, view } from '../view.ts';
import { type Announced, EXPERIMENTAL, IPV4_IN_IP, IPV6_IN_IP, type Layer, readLayer } from './layer.ts';
import { moveWithLink, withLink } from './move.ts';

const IPV4 = 20;
const IPV6 = 40;

function onlyXdp({ lowering, site }: Call, name: string): void {
  if (lowering.target.hook !== 'xdp') lowering.fail(site, 'TP3015', name, lowering.target.hook);
}

export const encapsulate: Member = (call) => {
  onlyXdp(call, 'encapsulate');
  const { lowering, path, operands, site } = call;
  const layers = operands.map((operand) => readLayer(lowering, operand, site));
  const [outermost] = layers;
  if (outermost === undefined) return lowering.fail(site, 'TP4006', 'a layer');
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  const ends = each(frameDatagram(lowering, path), (on, ip) =>
    withLink(call, on, UNDEFINED, (code, linked) => {
      const { length, inner } = payload(code, linked, ip);
      const by = code.id(n(-size));
      const { moved, failed } = moveWithLink(code, linked, by, outermost.etherType);
      const put = joined(moved.map((one) => one.code)).flatMap((after) =>
        writeLayers(after, linked, { layers, size, length, inner }),
      );
      return [
        ...put.flatMap(({ then }) =>
          datagramBehind(then, linked, outermost.etherType, outer(then, outermost, { size, length })),
        ),
        ...nothing([...failed, ...put.map(({ otherwise }) => otherwise)]),
      ];
    }),
  );
  return lowering.join(ends);
};

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
  ends.found(code, view('ip', code.path.epoch, { version, quoted: false, tunnelled: false }, parts));
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
}

function writeLayers(code: Code, linked: View, { layers, size, length, inner }: Written) {
  const at = code.offset(code.packetStart(), part(linked, 'offset'));
  const sides = code.whenInPacket(at, size);
  let offset = 0;
  const all = layers.flatMap((layer, index) => {
    const begin = offset;
    offset += layer.size;
    const after = sides.then.alu('add', length, n(size - offset));
    const made = layer.pieces(sides.then, after, layers[index + 1] ?? inner);
    return made.map((piece): Piece => ({ ...piece, offset: begin + piece.offset }));
  });
  storePieces(sides.then, at, 0, size, all);
  return [sides];
}

export const decapsulate: Member = (call) => {
  onlyXdp(call, 'decapsulate');
  const { lowering, path, operands, site } = call;
  const [inner] = operands;
  if (inner === undefined || !isView(inner, 'ip')) {
    return lowering.fail(site, 'TP3005', 'an IP header', inner?.kind ?? 'nothing');
  }
  if (inner.epoch !== path.epoch) return lowering.fail(site, 'TP3014', 'a call');
  const ends = withLink(call, path, UNDEFINED, (code, linked) => {
    const by = code.alu('sub', ipPart(inner, 'offset'), part(linked, 'offset'));
    const type = versionOf(inner) === 4 ? etherTypeNumbers.ipv4 : etherTypeNumbers.ipv6;
    const { moved, failed } = moveWithLink(code, linked, by, type);
    const taken = joined(moved.map((one) => one.code)).flatMap((after) =>
      datagramBehind(after, linked, type, {
        length: ipPart(inner, 'length'),
        headerLength: ipPart(inner, 'headerLength'),
      }),
    );
    return [...taken, ...nothing(failed)];
  });
  return lowering.join(ends);
};
