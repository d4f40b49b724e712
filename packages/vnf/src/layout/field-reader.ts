import { formatPrefix, protocolName, readIp4, readIp6, readMac } from '@twinpath/packet';
import type { TrafficTotals } from '../types/traffic.ts';
import type { EnumType, IntegerType } from '../types/type-spec.ts';
import { DecodeError } from './encode-error.ts';
import type { FieldContext } from './field-context.ts';
import type { LayoutField } from './layout.ts';
import { getCount, getU16, getU32, getU64 } from './little-endian.ts';
import { readTaggedIp } from './tagged-ip.ts';

/** What a field is on Node. `undefined`: a guard. */
export type FieldValue = string | number | bigint | boolean | TrafficTotals | undefined;
/** Takes a value from its field's place, `base` bytes behind the start of `bytes`. @throws DecodeError */
export type Reader = (bytes: Uint8Array, base: number) => FieldValue;

export function readerOf(field: LayoutField, context: FieldContext): Reader {
  const { type, offset, size } = field;
  switch (type.kind) {
    case 'integer':
      return integerReader(offset, type);
    case 'u64':
      return (bytes, base) => getU64(bytes, base + offset);
    case 'count64':
    case 'instant':
      return (bytes, base) => getCount(bytes, base + offset);
    case 'bool':
      return (bytes, base) => bytes[base + offset] !== 0;
    case 'ip4':
      return (bytes, base) => readIp4(bytes, base + offset);
    case 'ip6':
      return (bytes, base) => readIp6(bytes, base + offset);
    case 'ip': {
      const read = context.family === undefined ? readTaggedIp : context.family === 4 ? readIp4 : readIp6;
      return (bytes, base) => read(bytes, base + offset);
    }
    case 'mac':
      return (bytes, base) => readMac(bytes, base + offset);
    case 'prefix':
      return prefixReader(field, context);
    case 'protocol':
      return (bytes, base) => protocolName(bytes[base + offset] ?? 0);
    case 'portName':
      return (bytes, base) => portAt(getU32(bytes, base + offset), context.ports);
    case 'enum':
      return enumReader(field, type);
    case 'text':
      return (bytes, base) => textAt(bytes, base + offset, size);
    case 'traffic':
      return (bytes, base) => ({ packets: getCount(bytes, base + offset), bytes: getCount(bytes, base + offset + 8) });
    case 'guard':
      return () => undefined;
    default:
      throw new Error(`${type.kind} has no place in a table`);
  }
}

function integerReader(offset: number, { size, order }: IntegerType): Reader {
  if (size === 1) return (bytes, base) => bytes[base + offset] ?? 0;
  if (size === 2) {
    if (order === 'host') return (bytes, base) => getU16(bytes, base + offset);
    return (bytes, base) => swap16(getU16(bytes, base + offset));
  }
  if (order === 'host') return (bytes, base) => getU32(bytes, base + offset);
  return (bytes, base) => swap16(getU16(bytes, base + offset)) * 0x1_0000 + swap16(getU16(bytes, base + offset + 2));
}

function swap16(value: number): number {
  return (value >>> 8) | ((value & 0xff) << 8);
}

function prefixReader({ offset, size, path }: LayoutField, { lpm }: FieldContext): Reader {
  const exactBits = lpm?.exactBits ?? 0;
  return (bytes, base) => {
    const length = getU32(bytes, base) - exactBits;
    if (length < 0 || length > 8 * size) throw new DecodeError(path, `${length} is no prefix length of ${size} bytes`);
    return formatPrefix({ address: bytes.slice(base + offset, base + offset + size), length });
  };
}

/** An index without a name: the port was taken out of the configuration after this was written. */
function portAt(index: number, ports: readonly string[]): string {
  return ports[index] ?? `port ${index}`;
}

function enumReader({ offset, path }: LayoutField, { names }: EnumType): Reader {
  return (bytes, base) => {
    const index = bytes[base + offset] ?? 0;
    const name = names[index];
    if (name === undefined)
      throw new DecodeError(path, `${index} is none of ${names.length} names (${names.join(', ')})`);
    return name;
  };
}

function textAt(bytes: Uint8Array, at: number, size: number): string {
  let end = at;
  while (end < at + size && bytes[end] !== 0) end++;
  return String.fromCharCode(...bytes.subarray(at, end));
}
