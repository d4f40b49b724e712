import { BtfError } from './error.ts';
import {
  type BtfKind,
  type BtfMember,
  type BtfType,
  HEADER_BYTES,
  INT_ENCODINGS,
  KINDS,
  LINKAGES,
  type Linkage,
  MAGIC,
  type TypeId,
} from './type.ts';

const TYPE_BYTES = 12;
/** Bytes behind struct btf_type: a fixed number, or one such part for each of `vlen`. */
const FIXED: Partial<Record<BtfKind, number>> = { int: 4, array: 12, var: 4, decl_tag: 4 };
const PART: Partial<Record<BtfKind, number>> = {
  struct: 12,
  union: 12,
  enum: 8,
  func_proto: 8,
  datasec: 12,
  enum64: 12,
};
/** By the kind's number, less one. */
const FIXED_BYTES = KINDS.map((kind) => FIXED[kind] ?? 0);
const PART_BYTES = KINDS.map((kind) => PART[kind] ?? 0);

/** Types of one BTF, decoded when asked for: the kernel's own has over 100,000. */
export class Btf {
  readonly #view: DataView;
  readonly #text: Buffer;
  readonly #base: Btf | undefined;
  /** Byte position of each type in the view. */
  readonly #starts: readonly number[];

  /** Use {@link readBtf}. */
  constructor(view: DataView, text: Buffer, base: Btf | undefined) {
    this.#view = view;
    this.#text = text;
    this.#base = base;
    this.#starts = starts(view);
  }

  /** One more than the highest type id; ids count from 1 (or on from the base's last). */
  get length(): number {
    return (this.#base?.length ?? 1) + this.#starts.length;
  }

  /** Size of the string section including its base's, in bytes. */
  get textLength(): number {
    return (this.#base?.textLength ?? 0) + this.#text.length;
  }

  /** @throws BtfError when there is no such type; 0 is `void` and no type. */
  type(id: TypeId): BtfType {
    const first = this.#base?.length ?? 1;
    if (this.#base && id < first) return this.#base.type(id);
    const start = this.#starts[id - first];
    if (start === undefined) throw new BtfError(`there is no type ${id}`, `type ids are 1 to ${this.length - 1}`);
    return this.#decode(start);
  }

  /** Ids of the types of this name, in order. */
  named(name: string): readonly TypeId[] {
    const ids = [...(this.#base?.named(name) ?? [])];
    const offsets = this.#offsetsOf(name);
    const first = this.#base?.length ?? 1;
    this.#starts.forEach((start, index) => {
      if (offsets.has(this.#view.getUint32(start, true))) ids.push(first + index);
    });
    return ids;
  }

  /** Id of the first type of this kind and name. */
  find(kind: BtfKind, name: string): TypeId | undefined {
    return this.named(name).find((id) => this.type(id).kind === kind);
  }

  /** Every type of this BTF itself, without its base. */
  *types(): Generator<BtfType> {
    for (const start of this.#starts) yield this.#decode(start);
  }

  /** String at an offset of the string section. */
  string(offset: number): string {
    const shared = this.#base?.textLength ?? 0;
    if (this.#base && offset < shared) return this.#base.string(offset);
    const end = this.#text.indexOf(0, offset - shared);
    if (end < 0) throw new BtfError(`there is no string at offset ${offset}`, 'the BTF is cut off or damaged');
    return this.#text.toString('utf8', offset - shared, end);
  }

  /** Where the name is in the text, also as the end of another. To read the names of all types takes a tenth of a second. */
  #offsetsOf(name: string): Set<number> {
    const offsets = this.#base === undefined ? new Set<number>() : this.#base.#offsetsOf(name);
    if (name === '') return offsets;
    const bytes = Buffer.from(`${name}\0`);
    const shared = this.#base?.textLength ?? 0;
    for (let at = this.#text.indexOf(bytes); at >= 0; at = this.#text.indexOf(bytes, at + 1)) offsets.add(shared + at);
    return offsets;
  }

  #decode(start: number): BtfType {
    const word = (index: number) => this.#view.getUint32(start + 4 * index, true);
    const signedWord = (index: number) => this.#view.getInt32(start + 4 * index, true);
    const kind = kindOf(word(1));
    const vlen = word(1) & 0xffff;
    const flag = word(1) >>> 31 === 1;
    const name = this.string(word(0));
    const type = word(2);
    const size = type;
    const parts = <T>(words: number, read: (at: number) => T) =>
      Array.from({ length: vlen }, (_, n) => read(3 + n * words));
    switch (kind) {
      case 'int':
        return {
          kind,
          name,
          size,
          encoding: intEncoding(word(3) >>> 24),
          bits: word(3) & 0xff,
          bitOffset: (word(3) >>> 16) & 0xff,
        };
      case 'ptr':
      case 'volatile':
      case 'const':
      case 'restrict':
        return { kind, type };
      case 'typedef':
        return { kind, name, type };
      case 'array':
        return { kind, element: word(3), index: word(4), count: word(5) };
      case 'struct':
      case 'union':
        return {
          kind,
          name,
          size,
          members: parts(3, (at) => member(this.string(word(at)), word(at + 1), word(at + 2), flag)),
        };
      case 'enum':
        return {
          kind,
          name,
          size,
          signed: flag,
          values: parts(2, (at) => ({ name: this.string(word(at)), value: (flag ? signedWord : word)(at + 1) })),
        };
      case 'enum64':
        return {
          kind,
          name,
          size,
          signed: flag,
          values: parts(3, (at) => ({
            name: this.string(word(at)),
            value: (BigInt((flag ? signedWord : word)(at + 2)) << 32n) | BigInt(word(at + 1)),
          })),
        };
      case 'fwd':
        return { kind, name, of: flag ? 'union' : 'struct' };
      case 'func':
        return { kind, name, proto: type, linkage: linkage(vlen) };
      case 'func_proto':
        return {
          kind,
          returns: type,
          params: parts(2, (at) => ({ name: this.string(word(at)), type: word(at + 1) })),
        };
      case 'var':
        return { kind, name, type, linkage: linkage(word(3)) };
      case 'datasec':
        return {
          kind,
          name,
          size,
          entries: parts(3, (at) => ({ type: word(at), offset: word(at + 1), size: word(at + 2) })),
        };
      case 'float':
        return { kind, name, size };
      case 'decl_tag':
        return { kind, name, type, component: signedWord(3), attribute: flag };
      case 'type_tag':
        return { kind, name, type, attribute: flag };
    }
  }
}

/**
 * Reads a little-endian .BTF section, such as /sys/kernel/btf/vmlinux; that of a module needs vmlinux as `base`.
 * @throws BtfError when the bytes are no BTF or of a kind newer than this reader.
 */
export function readBtf(bytes: Uint8Array, base?: Btf): Btf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || view.getUint16(0, true) !== MAGIC) {
    throw new BtfError('the bytes do not start with the BTF magic 0xeb9f', 'give a little-endian .BTF section');
  }
  const version = view.getUint8(2);
  if (version !== 1) throw new BtfError(`BTF version ${version} is unknown`, 'this reader knows version 1');
  const header = view.getUint32(4, true);
  const [typeOffset = 0, typeLength = 0, textOffset = 0, textLength = 0] = [8, 12, 16, 20].map((at) =>
    view.getUint32(at, true),
  );
  if (Math.max(header + typeOffset + typeLength, header + textOffset + textLength) > bytes.length) {
    throw new BtfError(`the BTF is cut off at ${bytes.length} bytes`, 'read the whole section');
  }
  const types = new DataView(bytes.buffer, bytes.byteOffset + header + typeOffset, typeLength);
  return new Btf(types, Buffer.from(bytes.buffer, bytes.byteOffset + header + textOffset, textLength), base);
}

function starts(view: DataView): number[] {
  const found: number[] = [];
  for (let at = 0; at < view.byteLength; ) {
    if (at + TYPE_BYTES > view.byteLength) throw new BtfError('the last BTF type is cut off', 'read the whole section');
    found.push(at);
    const info = view.getUint32(at + 4, true);
    const kind = ((info >>> 24) & 0x1f) - 1;
    at += TYPE_BYTES + (FIXED_BYTES[kind] ?? unknown(kind)) + (PART_BYTES[kind] ?? 0) * (info & 0xffff);
    if (at > view.byteLength) throw new BtfError('the last BTF type is cut off', 'read the whole section');
  }
  return found;
}

function kindOf(info: number): BtfKind {
  const index = ((info >>> 24) & 0x1f) - 1;
  return KINDS[index] ?? unknown(index);
}

function unknown(index: number): never {
  throw new BtfError(`BTF kind ${index + 1} is unknown`, 'the BTF is damaged or of a newer kernel than this reader');
}

function member(name: string, type: TypeId, word: number, bitFields: boolean): BtfMember {
  if (!bitFields) return { name, type, bitOffset: word };
  const bitSize = word >>> 24;
  return { name, type, bitOffset: word & 0xff_ffff, ...(bitSize === 0 ? {} : { bitSize }) };
}

function intEncoding(number: number) {
  const found = INT_ENCODINGS.find(([value]) => value === (number & 0x0f));
  if (found) return found[1];
  throw new BtfError(`int encoding ${number} is unknown`, 'the BTF is damaged or of a newer kernel than this reader');
}

function linkage(number: number): Linkage {
  const found = LINKAGES[number];
  if (found) return found;
  throw new BtfError(`linkage ${number} is unknown`, 'the BTF is damaged or of a newer kernel than this reader');
}
