import type { TypeSpec } from '../types/type-spec.ts';
import { EncodeError } from './encode-error.ts';
import type { FieldContext } from './field-context.ts';
import { type FieldValue, type Reader, readerOf } from './field-reader.ts';
import { type Writer, writerOf } from './field-writer.ts';
import type { Layout } from './layout.ts';

/** What bytes of a layout are on Node: a field's value, or a record of them. */
export type Decoded = FieldValue | DecodedRecord;
export interface DecodedRecord {
  [field: string]: Decoded;
}

export interface Codec {
  readonly layout: Layout;
  /** The bytes of a value; holes and what the runtime keeps behind the fields are zero. Fields that the layout does not know
   *  are passed over; `traffic` and `guard` may be missing. `into`: at least `layout.size` bytes, written from the start.
   *  @throws EncodeError that names the field, the value and what it takes. */
  encode(value: unknown, into?: Uint8Array): Uint8Array;
  /** The value of the bytes from `offset` on. @throws DecodeError, RangeError for too few bytes. */
  decode(bytes: Uint8Array, offset?: number): Decoded;
}

export interface CodecOptions {
  /** The function's ports in order of their index, for `portName` fields. */
  readonly ports?: readonly string[];
}

/** One encoder for both sides: the bytes that the fast path's loads and stores mean. */
export function codec(layout: Layout, { ports = [] }: CodecOptions = {}): Codec {
  const write = writerTree(layout, ports);
  const read = readerTree(layout, ports);
  return Object.freeze({
    layout,
    encode(value: unknown, into: Uint8Array = new Uint8Array(layout.size)) {
      if (into.length < layout.size) throw tooShort(into.length, layout.size);
      into.fill(0, 0, layout.size);
      write(value, into);
      return into;
    },
    decode(bytes: Uint8Array, offset = 0) {
      if (bytes.length - offset < layout.size) throw tooShort(bytes.length - offset, layout.size);
      return read(bytes, offset);
    },
  });
}

function tooShort(length: number, size: number): RangeError {
  return new RangeError(`${length} bytes are too few for a layout of ${size}`);
}

/** A layout's fields as they nest. */
interface Branch {
  readonly path: readonly string[];
  readonly parts: Map<string, Branch | Leaf>;
}
interface Leaf {
  readonly path: readonly string[];
  readonly type: TypeSpec;
  readonly write: Writer;
  readonly read: Reader;
}

function treeOf(layout: Layout, ports: readonly string[]): Branch | Leaf {
  const root: Branch = { path: [], parts: new Map() };
  const { family, lpm } = layout;
  const context: FieldContext = { family, lpm, ports };
  for (const field of layout.fields) {
    const { path, type } = field;
    const leaf: Leaf = { path, type, write: writerOf(field, context), read: readerOf(field, context) };
    const name = path.at(-1);
    if (name === undefined) return leaf;
    branchAt(root, path.slice(0, -1)).parts.set(name, leaf);
  }
  return root;
}

function branchAt(root: Branch, path: readonly string[]): Branch {
  let branch = root;
  for (const [depth, name] of path.entries()) {
    const part = branch.parts.get(name);
    const inner: Branch =
      part !== undefined && 'parts' in part ? part : { path: path.slice(0, depth + 1), parts: new Map() };
    branch.parts.set(name, inner);
    branch = inner;
  }
  return branch;
}

function writerTree(layout: Layout, ports: readonly string[]): Writer {
  return writerFor(treeOf(layout, ports));
}

function writerFor(part: Branch | Leaf): Writer {
  if (!('parts' in part)) return part.write;
  const parts = [...part.parts].map(([name, inner]) => ({
    name,
    write: writerFor(inner),
    mayMiss: startsItself(inner),
  }));
  return (value, bytes) => {
    if (!isRecord(value)) throw new EncodeError(part.path, value, `a record of ${[...part.parts.keys()].join(', ')}`);
    for (const { name, write, mayMiss } of parts) {
      const given = value[name];
      if (given !== undefined || !mayMiss) write(given, bytes);
    }
  };
}

function startsItself(part: Branch | Leaf): boolean {
  return 'type' in part && (part.type.kind === 'traffic' || part.type.kind === 'guard');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function readerTree(layout: Layout, ports: readonly string[]): (bytes: Uint8Array, base: number) => Decoded {
  return readerFor(treeOf(layout, ports));
}

function readerFor(part: Branch | Leaf): (bytes: Uint8Array, base: number) => Decoded {
  if (!('parts' in part)) return part.read;
  const parts = [...part.parts]
    .filter(([, inner]) => !('type' in inner && inner.type.kind === 'guard'))
    .map(([name, inner]) => ({ name, read: readerFor(inner) }));
  return (bytes, base) => {
    const record: DecodedRecord = {};
    for (const { name, read } of parts) record[name] = read(bytes, base);
    return record;
  };
}
