// The author's values as the bytes of a table's key or value, or of a message: the compiler's twin of vnf's codec.
import type { Layout, LayoutField } from '@twinpath/vnf/layout';
import { configured, isConfigured } from '../../configured.ts';
import { describe as describeValue } from '../../core/describe.ts';
import type { Site } from '../../path.ts';
import type { NameDomain, Value } from '../../value.ts';
import type { Code } from '../code.ts';
import { numberOf, translate } from '../names.ts';
import { type BytesType, bytesOfConstant, piecesOfBytes, piecesOfWords } from './bytes.ts';
import { loadField } from './decode.ts';
import type { Piece } from './piece.ts';

/** The pieces of a whole record. Fields that start by themselves (`traffic`, `guard`) may be missing and are zero. */
export function encode(code: Code, layout: Layout, value: Value, site: Site): readonly Piece[] {
  const length: readonly Piece[] =
    layout.lpm === undefined ? [] : [{ offset: 0, bits: 32, value: matchedBits(layout) }];
  return [...length, ...layout.fields.flatMap((field) => encodeMember(code, field, value, site))];
}

/** A lookup in an LPM table matches the whole address. */
function matchedBits({ lpm, fields }: Layout): bigint {
  return BigInt((lpm?.exactBits ?? 0) + 8 * (fields.at(-1)?.size ?? 0));
}

function encodeMember(code: Code, field: LayoutField, record: Value, site: Site): readonly Piece[] {
  const value = member(code, record, field, site);
  if (value === undefined) {
    if (field.type.kind === 'traffic' || field.type.kind === 'guard') return [];
    return missing(code, record, field, site);
  }
  return encodeField(code, field, value, site);
}

/** Says what is wrong with a value that has no such field. */
export function missing(code: Code, record: Value, { path }: LayoutField, site: Site): never {
  if (record.kind === 'record' || record.kind === 'entry') return code.lowering.fail(site, 'TP3003', path.join('.'));
  return code.lowering.fail(site, 'TP3005', `a record with ${path[0] ?? 'fields'}`, describeValue(record));
}

/** The field's value within a record, an entry, or the value itself where the shape is a single type. */
export function member(code: Code, record: Value, { path }: LayoutField, site: Site): Value | undefined {
  let value: Value | undefined = record;
  for (const [depth, name] of path.entries()) {
    if (value?.kind === 'entry') return entryField(code, value, path.slice(depth), site);
    if (value?.kind !== 'record') return undefined;
    value = value.fields.get(name);
  }
  return value;
}

function entryField(code: Code, entry: Extract<Value, { kind: 'entry' }>, path: readonly string[], site: Site): Value {
  const wanted = [...entry.prefix, ...path].join('.');
  const field = entry.layout.fields.find((candidate) => candidate.path.join('.') === wanted);
  if (field === undefined) return code.lowering.fail(site, 'TP3003', wanted);
  return loadField(code, entry.pointer, field);
}

/** The pieces of one field, at its offset. */
export function encodeField(
  code: Code,
  { type, offset, size }: LayoutField,
  value: Value,
  site: Site,
): readonly Piece[] {
  switch (type.kind) {
    case 'integer':
      return [encodeInteger(code, { offset, bits: bitsOf(type.size), order: type.order }, value, site)];
    case 'u64':
    case 'count64':
    case 'instant':
      return [encodeInteger(code, { offset, bits: 64, order: 'host' }, value, site)];
    case 'bool':
      return [{ offset, bits: 8, value: boolean(code, value, site) }];
    case 'enum':
      return [encodeName(code, offset, 8, { kind: 'enum', names: type.names }, value, site)];
    case 'protocol':
      return [encodeName(code, offset, 8, { kind: 'protocol' }, value, site)];
    case 'portName':
      return [
        encodeName(
          code,
          offset,
          32,
          { kind: 'port', names: code.lowering.target.ports.map(({ name }) => name) },
          value,
          site,
        ),
      ];
    case 'ip4':
    case 'ip6':
    case 'mac':
    case 'text':
      return encodeBytes(code, type.kind, offset, size, value, site);
    case 'ip':
    case 'prefix':
      return encodeIp(code, offset, size, value, site);
    default:
      return code.lowering.fail(site, 'TP3004', type.kind);
  }
}

const bitsOf = (size: 1 | 2 | 4): 8 | 16 | 32 => (size === 1 ? 8 : size === 2 ? 16 : 32);

interface IntegerPlace {
  readonly offset: number;
  readonly bits: 8 | 16 | 32 | 64;
  readonly order: 'host' | 'network';
}

/** Modulo the field's width, as into a typed array; what is not provably in range is warned about. */
function encodeInteger(code: Code, { offset, bits, order }: IntegerPlace, value: Value, site: Site): Piece {
  const { lowering, path } = code;
  if (value.kind === 'opaque') return { offset, bits, value: value.id };
  if (value.kind === 'constant' && typeof value.value === 'bigint' && bits === 64) {
    return { offset, bits, value: BigInt.asUintN(64, value.value) };
  }
  const range = lowering.rangeOf(path, value);
  if (range === undefined) return lowering.fail(site, 'TP3005', 'a number', value.kind);
  const top = (1n << BigInt(bits)) - 1n;
  const fits = bits === 64 || (range.low >= 0n && range.high <= top);
  if (!fits) lowering.warn(site, 'TP3006', `${range.low}…${range.high}`, `0…${top}`);
  // Narrower ones share a word with others: as constants they are put together while compiling.
  if (isConfigured(value) && (bits === 32 || bits === 64)) {
    const isSwapped = bits === 32 && order === 'network';
    const number = isSwapped ? swapped(range.low) : BigInt.asUintN(bits, range.low);
    const what = isSwapped ? ' in network order' : '';
    return { offset, bits, value: configured(lowering, path, value, number, { what, width: bits }) };
  }
  const id = lowering.register(path, value, site);
  if (bits === 64) return { offset, bits, value: id };
  if (order === 'network' && bits !== 8) return { offset, bits, value: code.swap(id, bits) };
  return { offset, bits, value: fits ? id : code.truncate(id, bits) };
}

/** 32 bits in the other byte order. */
function swapped(number: bigint): bigint {
  return [0n, 8n, 16n, 24n].reduce((sum, shift) => (sum << 8n) | ((number >> shift) & 0xffn), 0n);
}

function boolean(code: Code, value: Value, site: Site): Piece['value'] {
  if (value.kind === 'boolean') return value.id;
  if (value.kind === 'constant' && typeof value.value === 'boolean') return value.value ? 1n : 0n;
  return code.lowering.fail(site, 'TP3005', 'a boolean', value.kind);
}

function encodeName(code: Code, offset: number, bits: 8 | 32, domain: NameDomain, value: Value, site: Site): Piece {
  if (value.kind === 'name') return { offset, bits, value: translate(code, value, domain, site) };
  if (value.kind === 'constant' && (typeof value.value === 'string' || typeof value.value === 'number')) {
    const number = numberOf(domain, value.value);
    if (number === undefined) return code.lowering.fail(site, 'TP3007', String(value.value), domain.kind);
    return { offset, bits, value: BigInt(number) };
  }
  if (value.kind === 'integer' && domain.kind !== 'enum' && domain.kind !== 'port') {
    return { offset, bits, value: code.truncate(value.id, bits) };
  }
  return code.lowering.fail(site, 'TP3005', 'a name', value.kind);
}

function encodeBytes(
  code: Code,
  type: BytesType,
  offset: number,
  size: number,
  value: Value,
  site: Site,
): readonly Piece[] {
  if (value.kind === 'bytes') {
    if (value.type !== type) return code.lowering.fail(site, 'TP3005', type, value.type);
    return piecesOfWords(value.words, offset);
  }
  const text = value.kind === 'constant' && typeof value.value === 'string' ? value.value : undefined;
  const bytes = text === undefined ? undefined : bytesOfConstant(type, text, size);
  if (bytes === undefined)
    return code.lowering.fail(site, 'TP3005', type, text === undefined ? value.kind : `'${text}'`);
  return piecesOfBytes(bytes, offset);
}

/** 4 or 16 bytes in the key of one family; 16 with a tag for IPv4 elsewhere (vnf's layout/tagged-ip.ts). */
function encodeIp(code: Code, offset: number, size: number, value: Value, site: Site): readonly Piece[] {
  const version = familyOf(value);
  if (version === undefined) return code.lowering.fail(site, 'TP3005', 'an address', value.kind);
  const type = version === 4 ? 'ip4' : 'ip6';
  if (size === 4 && version === 6) return code.lowering.fail(site, 'TP3008');
  if (size === 16 && version === 4) {
    const tag: Piece = { offset, bits: 8, value: 0xffn };
    return [tag, ...encodeBytes(code, type, offset + 12, 4, value, site)];
  }
  return encodeBytes(code, type, offset, size, value, site);
}

/** The family of an address that is known while compiling, as every address of the fast path is. */
export function familyOf(value: Value): 4 | 6 | undefined {
  if (value.kind === 'bytes') return value.type === 'ip4' ? 4 : value.type === 'ip6' ? 6 : undefined;
  if (value.kind !== 'constant' || typeof value.value !== 'string') return undefined;
  return value.value.includes(':') ? 6 : 4;
}
