import type { Entries } from './entries.ts';
import type { Region } from './region.ts';

/** Above this, comparing every pair costs more than it saves. */
const MOST_FOR_PAIRS = 32;

/** Drops the boxes that cannot win inside the region, in place, and shrinks the region to those that are left. */
export function prune(entries: Entries, boxes: Int32Array, region: Region): Int32Array {
  region.shrinkTo(entries, boxes);
  const reachable = boxes.subarray(0, endOfReach(entries, boxes, region));
  if (reachable.length < boxes.length) region.shrinkTo(entries, reachable);
  return reachable.length > MOST_FOR_PAIRS ? reachable : dropCovered(entries, reachable, region);
}

/** Behind a box that covers the whole region none is reached. */
function endOfReach(entries: Entries, boxes: Int32Array, region: Region): number {
  for (let index = 0; index < boxes.length; index++) {
    if (coversAll(entries, boxes[index] ?? 0, region)) return index + 1;
  }
  return boxes.length;
}

function coversAll(entries: Entries, box: number, region: Region): boolean {
  for (let dimension = 0; dimension < region.free.length; dimension++) {
    if (!region.covers(entries, dimension, box)) return false;
  }
  return true;
}

function dropCovered(entries: Entries, boxes: Int32Array, region: Region): Int32Array {
  let kept = 0;
  for (let index = 0; index < boxes.length; index++) {
    const box = boxes[index] ?? 0;
    let covered = false;
    for (let earlier = 0; earlier < kept && !covered; earlier++) {
      covered = coversInside(entries, boxes[earlier] ?? 0, box, region);
    }
    if (!covered) boxes[kept++] = box;
  }
  return boxes.subarray(0, kept);
}

/** Whether `outer` matches all that `inner` does, inside the region. */
function coversInside(entries: Entries, outer: number, inner: number, region: Region): boolean {
  for (let dimension = 0; dimension < region.free.length; dimension++) {
    const from = region.from(dimension);
    const to = region.to(dimension);
    const low = entries.low[dimension];
    const high = entries.high[dimension];
    if ((low?.[outer] ?? 0) > Math.max(low?.[inner] ?? 0, from)) return false;
    if ((high?.[outer] ?? 0) < Math.min(high?.[inner] ?? 0, to)) return false;
  }
  return true;
}
