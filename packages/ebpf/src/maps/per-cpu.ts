import { possibleCpus } from '@twinpath/linux';

let count: number | undefined;

/** How many values a per-CPU map holds for a key. */
export function cpuCount(): number {
  count ??= possibleCpus().length;
  return count;
}

/** Bytes between two CPUs' values. */
export const perCpuStride = (valueSize: number): number => (valueSize + 7) & ~7;

/** One view for each possible CPU into the bytes of one entry. */
export function splitPerCpu(bytes: Uint8Array, valueSize: number): Uint8Array[] {
  const stride = perCpuStride(valueSize);
  return Array.from({ length: bytes.length / stride }, (_, cpu) =>
    bytes.subarray(cpu * stride, cpu * stride + valueSize),
  );
}

/** The bytes of one entry, from one value for each possible CPU. */
export function joinPerCpu(values: readonly Uint8Array[], valueSize: number): Uint8Array {
  if (values.length !== cpuCount() || values.some((value) => value.length !== valueSize)) {
    throw new RangeError(`a per-CPU entry needs ${cpuCount()} values of ${valueSize} bytes`);
  }
  const stride = perCpuStride(valueSize);
  const bytes = new Uint8Array(stride * values.length);
  for (const [cpu, value] of values.entries()) bytes.set(value, cpu * stride);
  return bytes;
}
