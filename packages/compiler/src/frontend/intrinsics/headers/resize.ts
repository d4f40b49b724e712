// Headers put into the packet and taken out of it: bpf_xdp_adjust_head moves the packet's beginning, and what stood there is
// written anew. Every view from before is dead; packet pointers of the new place are of the next epoch.
import { ethernetLayout, etherTypeNumbers, vlanLayout, vlanTagTypes } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Outcome, Path } from '../../path.ts';
import { constant, UNDEFINED, type Word } from '../../value.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import type { Call, Member } from '../members.ts';
import { each } from '../memo.ts';
import { piecesOfWords } from '../memory/bytes.ts';
import { type Piece, storePieces } from '../memory/piece.ts';
import { frameDatagram, ipPart, versionOf } from '../packet/datagram.ts';
import { loadWords } from '../packet/field.ts';
import { frameLength } from '../packet/length.ts';
import { link } from '../packet/link.ts';
import { joined } from '../rewrite/covering.ts';
import { numberFor } from '../rewrite/store.ts';
import { isView, part, type View, view } from '../view.ts';
import { type Announced, EXPERIMENTAL, IPV4_IN_IP, IPV6_IN_IP, type Layer, readLayer } from './layer.ts';

const IPV4 = 20;
const IPV6 = 40;
const ETHERNET = ethernetLayout.size;
const MACS = 12;
const LONGEST = ETHERNET + 2 * vlanLayout.size;

interface Moved {
  /** In the packet's new place, where `size` bytes are proven from `start` on. */
  readonly code: Code;
  readonly start: ValueId;
}

/** Moves the packet's beginning: `by` bytes are taken away, or added if it is negative. */
function adjust(code: Code, by: ValueId, size: number): { readonly moved: Moved; readonly failed: readonly Code[] } {
  const result = code.call('xdp_adjust_head', [code.lowering.builder.context, by]);
  const later = code.on({ ...code.path, epoch: code.path.epoch + 1 });
  const done = later.when('eq', result, n(0), 'then');
  const start = done.then.packetStart();
  const checked = done.then.whenInPacket(start, size);
  return { moved: { code: checked.then, start }, failed: [done.otherwise, checked.otherwise] };
}

/** The Ethernet header and its tags go with the beginning; `type` announces what follows them. */
function moveWithLink(
  start: Code,
  linked: View,
  by: ValueId,
  type: Announced['etherType'],
): { readonly moved: readonly Moved[]; readonly failed: readonly Code[] } {
  // An Ethernet header with both tags: an IP datagram is longer than what a frame without tags has less.
  const inside = start.whenInPacket(part(linked, 'start'), LONGEST);
  const macs = loadWords(inside.then, part(linked, 'start'), 0, MACS);
  const behind = inside.then.load(part(linked, 'start'), MACS, 64);
  const { moved, failed } = adjust(inside.then, by, LONGEST);
  const { code, start: beginning } = moved;
  const announced = code.swap(typeof type === 'number' ? code.id(n(type)) : type.id, 16);
  storePieces(code, beginning, 0, MACS, pieces(macs));
  const untagged = code.when('eq', part(linked, 'tags'), n(0), 'then');
  untagged.then.store(beginning, MACS, 16, announced);
  const one = untagged.otherwise.when('eq', part(linked, 'tags'), n(1));
  one.then.store(beginning, MACS, 32, behind);
  one.then.store(beginning, MACS + 4, 16, announced);
  one.otherwise.store(beginning, MACS, 64, behind);
  one.otherwise.store(beginning, MACS + 8, 16, announced);
  return {
    moved: joined([untagged.then, one.then, one.otherwise]).map((after) => ({ code: after, start: beginning })),
    failed: [...failed, inNextEpoch(inside.otherwise)],
  };
}

const pieces = (words: readonly Word[], offset = 0): readonly Piece[] => piecesOfWords(words, offset);

/** Where nothing was moved, older views are dead all the same: what follows is compiled once. */
const inNextEpoch = (code: Code): Code => code.on({ ...code.path, epoch: code.path.epoch + 1 });

function onlyXdp({ lowering, site }: Call, name: string): void {
  if (lowering.target.hook !== 'xdp') lowering.fail(site, 'TP3015', name, lowering.target.hook);
}

/** Continues with the link view, or gives `otherwise` in the next epoch. */
function withLink(
  { lowering }: Call,
  path: Path,
  otherwise: Outcome['value'],
  go: (code: Code, linked: View) => readonly Outcome[],
): readonly Outcome[] {
  return each(link(lowering, path), (on, linked) => {
    const code = new Code(lowering, on);
    return isView(linked, 'link') ? go(code, linked) : [{ path: inNextEpoch(code).path, value: otherwise }];
  });
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

/** IEEE 802.1Q, in front of any tag that is there. */
export const pushVlan: Member = (call) => {
  onlyXdp(call, 'pushVlan');
  const { operands, lowering, path, site } = call;
  const [id] = operands;
  if (id === undefined) return lowering.fail(site, 'TP4006', 'a VLAN number');
  return withLink(call, path, constant(false), (code, linked) => {
    const tag = code.swap(numberFor(code, vlanLayout.fields.id.bits, id, site), 16);
    const words = loadWords(code, part(linked, 'start'), 0, MACS);
    const { moved, failed } = adjust(code, code.id(n(-vlanLayout.size)), MACS + vlanLayout.size);
    const type = moved.code.swap(moved.code.id(n(vlanTagTypes.customer)), 16);
    storePieces(moved.code, moved.start, 0, MACS + vlanLayout.size, [
      ...pieces(words),
      { offset: MACS, bits: 16, value: type },
      { offset: MACS + 2, bits: 16, value: tag },
    ]);
    return truth([moved.code], failed);
  });
};

export const popVlan: Member = (call) => {
  onlyXdp(call, 'popVlan');
  return withLink(call, call.path, constant(false), (code, linked) => {
    const tagged = code.when('ugt', part(linked, 'tags'), n(0));
    const inside = tagged.then.whenInPacket(part(linked, 'start'), MACS + vlanLayout.size);
    const words = loadWords(inside.then, part(linked, 'start'), 0, MACS);
    const { moved, failed } = adjust(inside.then, inside.then.id(n(vlanLayout.size)), MACS);
    storePieces(moved.code, moved.start, 0, MACS, pieces(words));
    return truth([moved.code], [...failed, inNextEpoch(inside.otherwise), inNextEpoch(tagged.otherwise)]);
  });
};

const truth = (yes: readonly Code[], no: readonly Code[]): readonly Outcome[] => [
  ...joined(yes).map(({ path }) => ({ path, value: constant(true) })),
  ...joined(no).map(({ path }) => ({ path, value: constant(false) })),
];
