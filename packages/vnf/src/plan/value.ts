import { holesBetween, type Layout, layoutOf, roundUp } from '../layout/layout.ts';
import type { KeyShape } from '../types/type.ts';
import type { HiddenFields } from './table-plan.ts';

const STAMP_SIZE = 4;

/** A value's layout with the hidden stamps right behind the author's fields. Values are whole words of 8 bytes, as the kernel
 *  keeps them. */
export function valueLayout(
  shape: KeyShape,
  stamps: readonly (keyof HiddenFields)[] = [],
): { readonly value: Layout; readonly hidden: HiddenFields } {
  const layout = layoutOf(shape);
  const last = layout.fields.at(-1);
  let end = last === undefined ? 0 : last.offset + last.size;
  const hidden: { -readonly [K in keyof HiddenFields]: number } = {};
  for (const stamp of stamps) {
    hidden[stamp] = roundUp(end, STAMP_SIZE);
    end = hidden[stamp] + STAMP_SIZE;
  }
  const size = roundUp(Math.max(end, 1), 8);
  const occupied = [...layout.fields, ...Object.values(hidden).map((offset) => ({ offset, size: STAMP_SIZE }))];
  const value: Layout = { ...layout, size, align: Math.max(8, layout.align), holes: holesBetween(occupied, size) };
  return { value: Object.freeze(value), hidden: Object.freeze(hidden) };
}
