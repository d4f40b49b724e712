import type { Codec, Decoded, DecodedRecord } from './codec.ts';
import { roundUp } from './layout.ts';

/** The kernel keeps the copies of a per-CPU value so many bytes apart. */
export function perCpuStride(size: number): number {
  return roundUp(size, 8);
}

/** All copies of a per-CPU value, in order of the CPUs, as the kernel hands them over: one for each possible CPU. */
export function decodeCopies(codec: Codec, bytes: Uint8Array): Decoded[] {
  const stride = perCpuStride(codec.layout.size);
  return Array.from({ length: Math.floor(bytes.length / stride) }, (_, cpu) => codec.decode(bytes, cpu * stride));
}

/** One value for all CPUs: `traffic` and `count64` are added up, the latest `instant` counts, anything else is the first
 *  CPU's. @throws RangeError without copies. */
export function mergeCopies(codec: Codec, copies: readonly Decoded[]): Decoded {
  const [first] = copies;
  if (copies.length === 0) throw new RangeError('no CPU has a copy of this value');
  let merged = first;
  for (const { path, type } of codec.layout.fields) {
    if (type.kind !== 'traffic' && type.kind !== 'count64' && type.kind !== 'instant') continue;
    const values = copies.map((copy) => valueAt(copy, path));
    merged = withValue(merged, path, type.kind === 'traffic' ? sumOfTraffic(values) : combined(type.kind, values));
  }
  return merged;
}

function combined(kind: 'count64' | 'instant', values: readonly Decoded[]): number {
  const numbers = values.filter((value) => typeof value === 'number');
  return kind === 'instant' ? Math.max(...numbers) : numbers.reduce((sum, value) => sum + value, 0);
}

function sumOfTraffic(values: readonly Decoded[]): DecodedRecord {
  const sum = (name: string) =>
    combined(
      'count64',
      values.map((value) => valueAt(value, [name])),
    );
  return { packets: sum('packets'), bytes: sum('bytes') };
}

function valueAt(value: Decoded, path: readonly string[]): Decoded {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  return isRecord(value) ? valueAt(value[name], rest) : undefined;
}

function withValue(whole: Decoded, path: readonly string[], value: Decoded): Decoded {
  const [name, ...rest] = path;
  if (name === undefined || !isRecord(whole)) return value;
  return { ...whole, [name]: withValue(whole[name], rest, value) };
}

function isRecord(value: Decoded): value is DecodedRecord {
  return typeof value === 'object';
}
