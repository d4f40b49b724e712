import { type BatchShape, lookupBatches } from './batch.ts';
import type { ElementAccess } from './element.ts';

/** One entry; both arrays are the reader's. */
export type Entry = readonly [key: Uint8Array, value: Uint8Array];

/**
 * All entries of a map that may change meanwhile. No entry comes twice; one that is there from start to end comes.
 * Entries added or deleted meanwhile may come or not.
 */
export function* walk(shape: BatchShape, element: ElementAccess, maxEntries: number): Generator<Entry> {
  const { keySize, storedSize, startsOver } = shape;
  const isNew = startsOver ? firstTime() : () => true;
  for (const batch of lookupBatches(shape, maxEntries)) {
    if (batch === undefined) return yield* walkKeys(shape, element);
    for (let index = 0; index < batch.count; index++) {
      const key = batch.keys.slice(index * keySize, (index + 1) * keySize);
      if (isNew(key)) yield [key, batch.values.slice(index * storedSize, (index + 1) * storedSize)];
    }
  }
}

/** The kernel starts over when the last key was deleted meanwhile; known keys are then passed over. */
function* walkKeys({ storedSize }: BatchShape, element: ElementAccess): Generator<Entry> {
  const isNew = firstTime();
  let key = element.nextKey(undefined);
  while (key !== undefined) {
    const value = new Uint8Array(storedSize);
    const present = isNew(key) && element.lookup(key, value);
    // Asked before the reader may delete this entry, which is the usual way to lose one's place.
    const next = element.nextKey(key);
    if (present) yield [key, value];
    key = next;
  }
}

/** Whether a key is asked about for the first time. */
function firstTime(): (key: Uint8Array) => boolean {
  const seen = new Set<string>();
  return (key) => seen.size < seen.add(String.fromCharCode(...key)).size;
}
