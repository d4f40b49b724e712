import { BtfError } from './error.ts';
import {
  type BtfKind,
  type BtfType,
  HEADER_BYTES,
  INT_ENCODINGS,
  KINDS,
  LINKAGES,
  type Linkage,
  MAGIC,
} from './type.ts';

/** Strings of a BTF, each stored once; the empty string is at 0. */
export class StringTable {
  readonly #offsets = new Map<string, number>([['', 0]]);
  readonly #chunks: Uint8Array[] = [new Uint8Array(1)];
  #size = 1;

  /** Offset of the text, added if new. */
  offset(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    if (text.includes('\0'))
      throw new BtfError(`the string ${JSON.stringify(text)} has a zero byte`, 'strings end at the first zero byte');
    const offset = this.#size;
    const bytes = new TextEncoder().encode(`${text}\0`);
    this.#offsets.set(text, offset);
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    return offset;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

/** The .BTF section (little-endian) of these types, the first being number 1. */
export function writeBtf(types: readonly BtfType[], strings = new StringTable()): Uint8Array {
  const words = types.flatMap((type) => typeWords(type, strings));
  const text = strings.bytes();
  const bytes = new Uint8Array(HEADER_BYTES + 4 * words.length + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC, true);
  view.setUint8(2, 1);
  for (const [index, word] of [HEADER_BYTES, 0, 4 * words.length, 4 * words.length, text.length].entries()) {
    view.setUint32(4 + 4 * index, word, true);
  }
  for (const [index, word] of words.entries()) view.setUint32(HEADER_BYTES + 4 * index, word, true);
  bytes.set(text, HEADER_BYTES + 4 * words.length);
  return bytes;
}

/** struct btf_type (name, info, size or type) and what follows it, in 32-bit words. */
function typeWords(type: BtfType, strings: StringTable): number[] {
  const name = 'name' in type ? strings.offset(type.name) : 0;
  const { vlen = 0, flag = false, sizeOrType = 0, rest = [] } = layout(type, strings);
  if (vlen > 0xffff) throw new BtfError(`${title(type)} has ${vlen} parts, more than 65535`, 'split the type');
  const info = ((flag ? 0x8000_0000 : 0) | (kindNumber(type.kind) << 24) | vlen) >>> 0;
  const words = [name, info, sizeOrType, ...rest];
  if (words.every((word) => Number.isInteger(word) && word >= -0x8000_0000 && word <= 0xffff_ffff)) return words;
  throw new BtfError(`${title(type)} has a number that is no 32-bit integer`, 'check its sizes, offsets and values');
}

type Layout = { vlen?: number; flag?: boolean; sizeOrType?: number; rest?: number[] };

function layout(type: BtfType, strings: StringTable): Layout {
  switch (type.kind) {
    case 'int': {
      const encoding = INT_ENCODINGS.find(([, name]) => name === type.encoding)?.[0] ?? 0;
      return { sizeOrType: type.size, rest: [(encoding << 24) | (type.bitOffset << 16) | type.bits] };
    }
    case 'ptr':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'typedef':
      return { sizeOrType: type.type };
    case 'array':
      return { rest: [type.element, type.index, type.count] };
    case 'struct':
    case 'union':
      return composite(type, strings);
    case 'enum':
      return {
        vlen: type.values.length,
        flag: type.signed,
        sizeOrType: type.size,
        rest: type.values.flatMap(({ name, value }) => [strings.offset(name), value]),
      };
    case 'enum64':
      return {
        vlen: type.values.length,
        flag: type.signed,
        sizeOrType: type.size,
        rest: type.values.flatMap(({ name, value }) => [strings.offset(name), low(value), low(value >> 32n)]),
      };
    case 'fwd':
      return { flag: type.of === 'union' };
    case 'func':
      return { vlen: linkageNumber(type.linkage), sizeOrType: type.proto };
    case 'func_proto':
      return {
        vlen: type.params.length,
        sizeOrType: type.returns,
        rest: type.params.flatMap(({ name, type: of }) => [strings.offset(name), of]),
      };
    case 'var':
      return { sizeOrType: type.type, rest: [linkageNumber(type.linkage)] };
    case 'datasec':
      return {
        vlen: type.entries.length,
        sizeOrType: type.size,
        rest: type.entries.flatMap(({ type: of, offset, size }) => [of, offset, size]),
      };
    case 'float':
      return { sizeOrType: type.size };
    case 'decl_tag':
      return { flag: type.attribute, sizeOrType: type.type, rest: [type.component] };
    case 'type_tag':
      return { flag: type.attribute, sizeOrType: type.type };
  }
}

/** With bit fields (kind_flag) a member's offset word is bit size:8, bit offset:24; without, all of it is the offset. */
function composite(type: Extract<BtfType, { kind: 'struct' | 'union' }>, strings: StringTable): Layout {
  const flag = type.members.some(({ bitSize }) => bitSize !== undefined);
  const rest = type.members.flatMap(({ name, type: of, bitOffset, bitSize = 0 }) => {
    if (flag && (bitOffset > 0xff_ffff || bitSize > 255)) {
      throw new BtfError(
        `member "${name}" of ${title(type)} is at bit ${bitOffset} with ${bitSize} bits`,
        'a structure with bit fields holds at most 2 MiB, a bit field at most 255 bits',
      );
    }
    return [strings.offset(name), of, flag ? ((bitSize << 24) | bitOffset) >>> 0 : bitOffset];
  });
  return { vlen: type.members.length, flag, sizeOrType: type.size, rest };
}

const low = (value: bigint) => Number(BigInt.asUintN(32, value));
const kindNumber = (kind: BtfKind) => KINDS.indexOf(kind) + 1;
const linkageNumber = (linkage: Linkage) => LINKAGES.indexOf(linkage);

function title(type: BtfType): string {
  return 'name' in type && type.name !== '' ? `${type.kind} "${type.name}"` : `a nameless ${type.kind}`;
}
