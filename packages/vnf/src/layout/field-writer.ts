import { type Ip, isIp4, parsePrefix, protocolNumbers, writeIp, writeIp4, writeIp6, writeMac } from '@twinpath/packet';
import type { EnumType, Family, IntegerType } from '../types/type-spec.ts';
import { EncodeError } from './encode-error.ts';
import type { FieldContext } from './field-context.ts';
import type { LayoutField } from './layout.ts';
import { setCount, setU16, setU32, setU64 } from './little-endian.ts';
import { writeTaggedIp } from './tagged-ip.ts';

/** Puts a value at its field's place in `bytes`. @throws EncodeError */
export type Writer = (value: unknown, bytes: Uint8Array) => void;

export function writerOf(field: LayoutField, context: FieldContext): Writer {
  const { type, offset, path } = field;
  switch (type.kind) {
    case 'integer':
      return integerWriter(field, type);
    case 'u64':
      return (value, bytes) => setU64(bytes, offset, wide(value, path));
    case 'count64':
    case 'instant':
      return (value, bytes) => setCount(bytes, offset, whole(value, Number.MAX_SAFE_INTEGER, path));
    case 'bool':
      return (value, bytes) => {
        if (typeof value !== 'boolean') throw new EncodeError(path, value, 'true or false');
        bytes[offset] = value ? 1 : 0;
      };
    case 'ip4':
      return addressWriter(field, 'an IPv4 address', writeIp4);
    case 'ip6':
      return addressWriter(field, 'an IPv6 address', writeIp6);
    case 'ip':
      return context.family === undefined
        ? addressWriter(field, 'an IP address', writeTaggedIp)
        : familyWriter(field, context.family);
    case 'mac':
      return addressWriter(field, 'a MAC address', writeMac);
    case 'prefix':
      return prefixWriter(field, context);
    case 'protocol':
      return (value, bytes) => {
        bytes[offset] = protocolByte(value, path);
      };
    case 'portName':
      return portWriter(field, context.ports);
    case 'enum':
      return enumWriter(field, type);
    case 'text':
      return textWriter(field);
    case 'traffic':
      return trafficWriter(field);
    case 'guard':
      return () => {}; // the kernel's own; zero is unlocked
    default:
      throw new Error(`${type.kind} has no place in a table`);
  }
}

/** @throws EncodeError for anything but a whole number from 0 to `max`. */
export function whole(value: unknown, max: number, path: readonly string[]): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new EncodeError(path, value, `a whole number from 0 to ${max}`);
}

function wide(value: unknown, path: readonly string[]): bigint {
  if (typeof value === 'bigint' && value >= 0n && value < 1n << 64n) return value;
  throw new EncodeError(path, value, 'a bigint from 0n to 18446744073709551615n');
}

function integerWriter({ offset, path }: LayoutField, { size, order }: IntegerType): Writer {
  const max = 2 ** (8 * size) - 1;
  if (size === 1) {
    return (value, bytes) => {
      bytes[offset] = whole(value, max, path);
    };
  }
  const [set, swap] = size === 2 ? ([setU16, swap16] as const) : ([setU32, swap32] as const);
  if (order === 'host') return (value, bytes) => set(bytes, offset, whole(value, max, path));
  return (value, bytes) => set(bytes, offset, swap(whole(value, max, path)));
}

function swap16(value: number): number {
  return (value >>> 8) | (value << 8);
}
function swap32(value: number): number {
  return (swap16(value & 0xffff) << 16) | (swap16(value >>> 16) & 0xffff);
}

type WriteText = (text: string, bytes: Uint8Array, at: number) => void;

function addressWriter({ offset, path }: LayoutField, what: string, write: WriteText): Writer {
  return (value, bytes) => {
    if (typeof value !== 'string') throw new EncodeError(path, value, what);
    try {
      write(value, bytes, offset);
    } catch (cause) {
      throw new EncodeError(path, value, what, cause);
    }
  };
}

function familyWriter(field: LayoutField, family: Family): Writer {
  const what = `an IPv${family} address, as the other addresses of the key`;
  return addressWriter(field, what, (address: Ip, bytes, at) => {
    if (isIp4(address) !== (family === 4)) throw new EncodeError(field.path, address, what);
    writeIp(address, bytes, at);
  });
}

function prefixWriter(field: LayoutField, { lpm }: FieldContext): Writer {
  const { path, size } = field;
  const what = `a prefix such as ${size === 4 ? "'192.0.2.0/24'" : "'2001:db8::/32'"}, with no bits set behind it`;
  const exactBits = lpm?.exactBits ?? 0;
  const write: WriteText = (text, bytes, at) => {
    const { address, length } = parsePrefix(text);
    if (address.length !== size) throw new EncodeError(path, text, what);
    setU32(bytes, 0, exactBits + length);
    bytes.set(address, at);
  };
  return addressWriter(field, what, write);
}

const protocolByName = new Map<unknown, number>(Object.entries(protocolNumbers));

function protocolByte(value: unknown, path: readonly string[]): number {
  const what = 'a protocol by name, or a number from 0 to 255';
  if (typeof value === 'number') return whole(value, 255, path);
  const known = protocolByName.get(value);
  if (known === undefined) throw new EncodeError(path, value, what);
  return known;
}

function portWriter({ offset, path }: LayoutField, ports: readonly string[]): Writer {
  return (value, bytes) => {
    const index = typeof value === 'string' ? ports.indexOf(value) : -1;
    if (index < 0) throw new EncodeError(path, value, `the name of a port (${ports.join(', ') || 'there are none'})`);
    setU32(bytes, offset, index);
  };
}

function enumWriter({ offset, path }: LayoutField, { names }: EnumType): Writer {
  const indices = new Map<unknown, number>(names.map((name, index) => [name, index]));
  return (value, bytes) => {
    const index = indices.get(value);
    if (index === undefined) throw new EncodeError(path, value, `one of ${names.join(', ')}`);
    bytes[offset] = index;
  };
}

function textWriter({ offset, path, size }: LayoutField): Writer {
  return (value, bytes) => {
    if (typeof value !== 'string' || value.length > size || !isAscii(value)) {
      throw new EncodeError(path, value, `at most ${size} characters of ASCII`);
    }
    for (let index = 0; index < size; index++)
      bytes[offset + index] = index < value.length ? value.charCodeAt(index) : 0;
  };
}

/** Without NUL, which ends a text. */
function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0 || code > 127) return false;
  }
  return true;
}

function trafficWriter({ offset, path }: LayoutField): Writer {
  return (value, bytes) => {
    const totals = isTotals(value) ? value : undefined;
    if (totals === undefined) throw new EncodeError(path, value, '{ packets, bytes }');
    setCount(bytes, offset, whole(totals.packets, Number.MAX_SAFE_INTEGER, [...path, 'packets']));
    setCount(bytes, offset + 8, whole(totals.bytes, Number.MAX_SAFE_INTEGER, [...path, 'bytes']));
  };
}

function isTotals(value: unknown): value is { readonly packets: unknown; readonly bytes: unknown } {
  return typeof value === 'object' && value !== null && 'packets' in value && 'bytes' in value;
}
