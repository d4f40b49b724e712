// Bytes of known position: payloads and option values, as packet's BytesView has them. What lies behind the linear part of a tc
// packet cannot be read and shows as beyond the end.
import { tcpLayout, udpLayout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Outcome } from '../../path.ts';
import { constant, UNDEFINED } from '../../value.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { type Call, type Member, type Members, reading } from '../members.ts';
import { once } from '../memo.ts';
import { part, view } from '../view.ts';

const LENGTH = { low: 0n, high: 65_535n };
/** No index is larger: an offset that the verifier takes. */
const INDEX_MASK = 0x7fff;
const MAX_TEXT = 64;

/** `undefined`: none. */
export function bytesBetween(ends: Ends, start: Code, at: ValueId, length: ValueId): void {
  const code = ends.require(start.when('sgt', length, n(0)));
  ends.found(code, view('bytes', code.path.epoch, {}, { at, length }));
}

export const payloadOfTcp: Member = ({ lowering, path, receiver }) =>
  once(path, `payload ${part(receiver, 'at')}@${path.epoch}`, () => {
    const ends = new Ends(lowering);
    const code = new Code(lowering, path);
    const header = headerLength(code, part(receiver, 'at'));
    const begin = code.alu('add', part(receiver, 'offset'), header);
    bytesBetween(ends, code, code.offset(part(receiver, 'at'), header), code.alu('sub', part(receiver, 'end'), begin));
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
    bytesBetween(ends, code, code.offset(at, n(udpLayout.size)), length);
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
    const at = inside.offset(part(receiver, 'at'), inside.alu('and', id, n(INDEX_MASK)));
    const code = ends.require(inside.whenInPacket(at, size));
    const value = width === 8 ? code.load(at, 0, 8) : code.loadNetwork(at, 0, width);
    ends.found(code, lowering.integer(value, { low: 0n, high }));
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
  const at = part(receiver, 'at');
  const start = new Code(lowering, path);
  const long = ends.require(start.when('ule', n(text.length), part(receiver, 'length')));
  let code = text === '' ? long : ends.require(long.whenInPacket(at, text.length));
  for (let index = 0; index < text.length; ) {
    const width = text.length - index >= 4 ? 32 : text.length - index >= 2 ? 16 : 8;
    let expected = 0n;
    for (let byte = width / 8 - 1; byte >= 0; byte--)
      expected = (expected << 8n) | BigInt(text.charCodeAt(index + byte));
    code = ends.require(code.when('eq', code.load(at, index, width), n(expected)));
    index += width / 8;
  }
  ends.found(code, constant(true));
  return ends
    .outcomes()
    .map(({ path: on, value }) => ({ path: on, value: value === UNDEFINED ? constant(false) : value }));
}

export const bytesMembers: Members = {
  properties: { length: reading((code, bytes) => code.lowering.integer(part(bytes, 'length'), LENGTH)) },
  methods: { u8: number(8), u16: number(16), u32: number(32), startsWith },
};
