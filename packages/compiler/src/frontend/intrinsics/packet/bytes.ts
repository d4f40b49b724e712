// Bytes of known position: payloads and option values, as packet's BytesView has them. A tc packet may end in pages behind its linear
// part: those bytes are copied to the stack where they are read, for to make them linear would move the packet.
import { tcpLayout, udpLayout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Outcome } from '../../path.ts';
import { constant, UNDEFINED } from '../../value.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { type Call, type Member, type Members, reading } from '../members.ts';
import { once } from '../memo.ts';
import { scratchSlot } from '../memory/scratch-slots.ts';
import { part, type View, view } from '../view.ts';

const LENGTH = { low: 0n, high: 65_535n };
/** No index is larger: an offset that the verifier takes. */
const INDEX_MASK = 0x7fff;
const MAX_TEXT = 64;

/** Address and offset in the frame. */
export interface Place {
  readonly at: ValueId;
  readonly offset: ValueId;
}

/** `undefined`: none. */
function bytesBetween(ends: Ends, start: Code, { at, offset }: Place, length: ValueId): void {
  const code = ends.require(start.when('sgt', length, n(0)));
  ends.found(code, bytesView(code, { at, offset }, length));
}

export const bytesView = (code: Code, { at, offset }: Place, length: ValueId): View =>
  view('bytes', code.path.epoch, {}, { at, offset, length });

/** The ways on which `size` bytes can be read, each with their address; the others fail. */
function readable(ends: Ends, code: Code, { at, offset }: Place, size: number): readonly (readonly [Code, ValueId])[] {
  const inside = code.whenInPacket(at, size);
  if (code.lowering.target.hook === 'xdp') return [[ends.require(inside), at]];
  const { otherwise: start } = inside;
  const copy = scratchSlot(start, 'bytes', (size + 7) & ~7);
  const failed = start.call('skb_load_bytes', [start.lowering.builder.context, offset, copy, n(size)]);
  return [
    [inside.then, at],
    [ends.require(start.when('eq', failed, n(0), 'then')), copy],
  ];
}

export const payloadOfTcp: Member = ({ lowering, path, receiver }) =>
  once(path, `payload ${part(receiver, 'at')}@${path.epoch}`, () => {
    const ends = new Ends(lowering);
    const code = new Code(lowering, path);
    const header = headerLength(code, part(receiver, 'at'));
    const begin = code.alu('add', part(receiver, 'offset'), header);
    const place = { at: code.offset(part(receiver, 'at'), header), offset: begin };
    bytesBetween(ends, code, place, code.alu('sub', part(receiver, 'end'), begin));
    return ends.outcomes();
  });

export const headerLength = (code: Code, at: ValueId): ValueId =>
  code.alu('shl', code.alu('shr', code.load(at, tcpLayout.fields.dataOffset.at, 8), n(4)), n(2));

export const payloadOfUdp: Member = ({ lowering, path, receiver }) =>
  once(path, `payload ${part(receiver, 'at')}@${path.epoch}`, () => {
    const ends = new Ends(lowering);
    const code = new Code(lowering, path);
    const at = part(receiver, 'at');
    const said = code.alu('sub', code.loadNetwork(at, udpLayout.fields.length.at, 16), n(udpLayout.size));
    const begin = code.alu('add', part(receiver, 'offset'), n(udpLayout.size));
    const present = code.alu('sub', part(receiver, 'end'), begin);
    // The smaller one, without a branch.
    const over = code.alu('sub', present, said);
    const length = code.alu('add', said, code.alu('and', over, code.alu('sar', over, n(63))));
    bytesBetween(ends, code, { at: code.offset(at, n(udpLayout.size)), offset: begin }, length);
    return ends.outcomes();
  });

function number(width: 8 | 16 | 32): Member {
  const size = width / 8;
  const high = (1n << BigInt(width)) - 1n;
  return ({ lowering, path, receiver, operands, site }) => {
    const [index] = operands;
    if (index === undefined || lowering.rangeOf(path, index) === undefined) {
      return lowering.fail(site, 'TP3005', 'a number', index?.kind ?? 'nothing');
    }
    const ends = new Ends(lowering);
    const start = new Code(lowering, path);
    const id = lowering.register(path, index, site);
    const low = ends.require(start.when('ule', id, n(INDEX_MASK), 'then'));
    const inside = ends.require(low.when('ule', low.alu('add', id, n(size)), part(receiver, 'length'), 'then'));
    const by = inside.alu('and', id, n(INDEX_MASK));
    const place = {
      at: inside.offset(part(receiver, 'at'), by),
      offset: inside.alu('add', part(receiver, 'offset'), by),
    };
    for (const [code, at] of readable(ends, inside, place, size)) {
      const value = width === 8 ? code.load(at, 0, 8) : code.loadNetwork(at, 0, width);
      ends.found(code, lowering.integer(value, { low: 0n, high }));
    }
    return ends.outcomes();
  };
}

function startsWith({ lowering, path, receiver, operands, site }: Call): readonly Outcome[] {
  const [given] = operands;
  const text = given?.kind === 'constant' && typeof given.value === 'string' ? given.value : undefined;
  if (text === undefined || text.length > MAX_TEXT || [...text].some((one) => one > '~')) {
    return lowering.fail(
      site,
      'TP3005',
      `a constant ASCII text of at most ${MAX_TEXT} characters`,
      given?.kind ?? 'nothing',
    );
  }
  const ends = new Ends(lowering);
  const start = new Code(lowering, path);
  const long = ends.require(start.when('ule', n(text.length), part(receiver, 'length')));
  const place = { at: part(receiver, 'at'), offset: part(receiver, 'offset') };
  const ways = text === '' ? ([[long, place.at]] as const) : readable(ends, long, place, text.length);
  for (const [code, at] of ways) ends.found(requireText(ends, code, at, text), constant(true));
  return ends
    .outcomes()
    .map(({ path: on, value }) => ({ path: on, value: value === UNDEFINED ? constant(false) : value }));
}

function requireText(ends: Ends, start: Code, at: ValueId, text: string): Code {
  let code = start;
  for (let index = 0; index < text.length; ) {
    const width = text.length - index >= 4 ? 32 : text.length - index >= 2 ? 16 : 8;
    let expected = 0n;
    for (let byte = width / 8 - 1; byte >= 0; byte--)
      expected = (expected << 8n) | BigInt(text.charCodeAt(index + byte));
    code = ends.require(code.when('eq', code.load(at, index, width), n(expected)));
    index += width / 8;
  }
  return code;
}

export const bytesMembers: Members = {
  properties: { length: reading((code, bytes) => code.lowering.integer(part(bytes, 'length'), LENGTH)) },
  methods: { u8: number(8), u16: number(16), u32: number(32), startsWith },
};
