import { isType, type KeyShape } from '../types/type.ts';
import type { Family, TypeSpec } from '../types/type-spec.ts';
import { LayoutError } from './layout-error.ts';

export interface LayoutField {
  /** Names from the outside in; empty for a shape that is a single type. */
  readonly path: readonly string[];
  readonly type: TypeSpec;
  /** Bytes from the start. Of a `prefix`: of its address. */
  readonly offset: number;
  readonly size: number;
}
export interface Hole {
  readonly offset: number;
  readonly size: number;
}

/** Where the fields of a shape lie: C struct rules, fields in the order declared. */
export interface Layout {
  readonly size: number;
  readonly align: number;
  readonly fields: readonly LayoutField[];
  /** Bytes that belong to no field. Always zero: they are part of what the kernel compares. */
  readonly holes: readonly Hole[];
  /** Key of the map of one family: its `ip` fields have that family's size. */
  readonly family?: Family;
  /** Key of an LPM trie (`struct bpf_lpm_trie_key`): a u32 in host order, the number of bits to match, comes first. It
   *  counts `exactBits` for everything between it and the address, holes included, and then the bits of the prefix. */
  readonly lpm?: { readonly exactBits: number };
}

/** The word in front of an LPM key that says how many bits count. */
export const LPM_LENGTH_SIZE = 4;

/** `family`: for keys; without one, `ip` takes 16 bytes and is tagged. The size is rounded up to the alignment, but not in an
 *  LPM key, whose bytes are all matched. @throws LayoutError */
export function layoutOf(shape: KeyShape, { family }: { readonly family?: Family } = {}): Layout {
  const first = isType(shape) ? [shape] : Object.values(shape);
  const isLpm = first.some((part) => isType(part) && part.kind === 'prefix');
  const { fields, end, align } = struct(shape, family, isLpm ? LPM_LENGTH_SIZE : 0);
  const exactBits = exactBitsOf(fields);
  const size = isLpm ? end : roundUp(end, align);
  return Object.freeze({
    size,
    align: isLpm ? Math.max(align, LPM_LENGTH_SIZE) : align,
    fields: Object.freeze(fields),
    holes: holesBetween(isLpm ? [{ offset: 0, size: LPM_LENGTH_SIZE }, ...fields] : fields, size),
    ...(family !== undefined && { family }),
    ...(exactBits !== undefined && { lpm: Object.freeze({ exactBits }) }),
  });
}

/** `undefined`: no LPM key. */
function exactBitsOf(fields: readonly LayoutField[]): number | undefined {
  const prefixes = fields.filter(({ type }) => type.kind === 'prefix');
  const [prefix] = prefixes;
  if (prefix === undefined) return undefined;
  if (prefixes.length > 1 || prefix !== fields.at(-1) || prefix.path.length > 1) {
    throw new LayoutError('a key has one prefix, as its last field and not nested');
  }
  return 8 * (prefix.offset - LPM_LENGTH_SIZE);
}

/** The shape has an `ip` or `prefix` somewhere: as a key it is kept in one map per family. */
export function holdsIp(shape: KeyShape): boolean {
  if (isType(shape)) return shape.kind === 'ip' || shape.kind === 'prefix';
  return Object.values(shape).some(holdsIp);
}

export function roundUp(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

/** What no field covers, in order. */
export function holesBetween(fields: readonly Hole[], size: number): readonly Hole[] {
  const holes: Hole[] = [];
  let end = 0;
  for (const field of fields) {
    if (field.offset > end) holes.push({ offset: end, size: field.offset - end });
    end = field.offset + field.size;
  }
  if (size > end) holes.push({ offset: end, size: size - end });
  return Object.freeze(holes);
}

interface Struct {
  readonly fields: readonly LayoutField[];
  /** Behind the last field; not rounded up. */
  readonly end: number;
  readonly align: number;
}

function struct(shape: KeyShape, family: Family | undefined, start: number): Struct {
  if (isType(shape)) return single(shape, family, start);
  const fields: LayoutField[] = [];
  let end = start;
  let align = 1;
  for (const [name, part] of Object.entries(shape)) {
    const inner = struct(part, family, 0);
    const base = roundUp(end, inner.align);
    for (const field of inner.fields)
      fields.push({ ...field, path: [name, ...field.path], offset: base + field.offset });
    // A nested struct keeps its own rounding, as in C.
    end = base + (isType(part) ? inner.end : roundUp(inner.end, inner.align));
    align = Math.max(align, inner.align);
  }
  return { fields: fields.map((field) => Object.freeze(field)), end, align };
}

function single(type: TypeSpec, family: Family | undefined, start: number): Struct {
  if (type.kind === 'bits' || type.kind === 'bytesAfter') throw new LayoutError(`${type.kind} belongs into header()`);
  if (type.kind === 'portRange') throw new LayoutError('portRange belongs into a classifier');
  if (type.kind === 'prefix' && family === undefined) throw new LayoutError('a prefix has no size without a family');
  const isEither = type.kind === 'ip' || type.kind === 'prefix';
  const size = isEither && family !== undefined ? bytesOf(family) : type.size;
  return {
    fields: [{ path: [], type, offset: roundUp(start, type.align), size }],
    end: roundUp(start, type.align) + size,
    align: type.align,
  };
}

export function bytesOf(family: Family): 4 | 16 {
  return family === 4 ? 4 : 16;
}
