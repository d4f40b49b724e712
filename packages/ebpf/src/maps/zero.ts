import { type BatchShape, lookupBatches } from './batch.ts';
import type { ElementAccess } from './element.ts';
import { walk } from './walk.ts';

/** Sets all values of an array to zero; how many were not. What is zero already costs a glance at its bytes, not an update. */
export function zero(shape: BatchShape, element: ElementAccess, maxEntries: number): number {
  const { keySize, storedSize } = shape;
  const nothing = new Uint8Array(storedSize);
  let zeroed = 0;
  const settle = (key: Uint8Array, value: Uint8Array) => {
    if (!hasBits(value)) return;
    element.update(key, nothing, 'any');
    zeroed++;
  };
  for (const batch of lookupBatches(shape, maxEntries)) {
    if (batch === undefined) {
      for (const [key, value] of walk(shape, element, maxEntries)) settle(key, value);
      return zeroed;
    }
    const { count, keys, values } = batch;
    if (!hasBits(values.subarray(0, count * storedSize))) continue;
    for (let index = 0; index < count; index++) {
      const key = keys.slice(index * keySize, (index + 1) * keySize);
      settle(key, values.subarray(index * storedSize, (index + 1) * storedSize));
    }
  }
  return zeroed;
}

const ZEROS = Buffer.alloc(65_536);

function hasBits(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (ZEROS.compare(part, 0, part.length, 0, part.length) !== 0) return true;
  }
  return false;
}
