/** Two lists differ in one place: between what both begin with and what both end with. */
export interface PlaceOfChange {
  readonly from: number;
  readonly removed: number;
  readonly inserted: number;
}

export function placeOfChange<Before, After>(
  before: readonly Before[],
  after: readonly After[],
  isSame: (before: Before, after: After) => boolean,
): PlaceOfChange {
  const same = (left: number, right: number) => {
    const [one, other] = [before[left], after[right]];
    return one !== undefined && other !== undefined && isSame(one, other);
  };
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && same(from, from)) from++;
  let end = 0;
  while (end < shorter - from && same(before.length - 1 - end, after.length - 1 - end)) end++;
  return { from, removed: before.length - from - end, inserted: after.length - from - end };
}

/** A list with other items in the place of change; of any length, which arguments of a call are not. */
export function spliced<T>(
  before: readonly T[],
  inserted: readonly T[],
  { from, removed }: PlaceOfChange,
): readonly T[] {
  return [...before.slice(0, from), ...inserted, ...before.slice(from + removed)];
}

/** Records of `size` bytes with others in the place of change. */
export function splicedBytes(
  before: Uint8Array,
  inserted: Uint8Array,
  { from, removed }: PlaceOfChange,
  size: number,
): Uint8Array {
  const end = (from + removed) * size;
  const spliced = new Uint8Array(from * size + inserted.length + before.length - end);
  spliced.set(before.subarray(0, from * size));
  spliced.set(inserted, from * size);
  spliced.set(before.subarray(end), from * size + inserted.length);
  return spliced;
}
