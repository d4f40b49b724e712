import { ClassifierError } from './classifier-error.ts';

/** The table's room in the map's value. The emitted walk masks every position with `tableBytes - 1`, so that a program is
 *  made for one class. */
export interface SizeClass {
  /** A power of two. */
  readonly tableBytes: number;
  /** The map's value size: behind the mask there is slack for the longest record that a masked position can begin. */
  readonly valueBytes: number;
}

/** An IPv6 record with two prefixes has 80 bytes. */
const SLACK_BYTES = 128;

const sizeClass = (tableBytes: number): SizeClass => ({ tableBytes, valueBytes: tableBytes + SLACK_BYTES });

export const SIZE_CLASSES: readonly SizeClass[] = [
  sizeClass(64 * 1024),
  sizeClass(1024 * 1024),
  sizeClass(4 * 1024 * 1024),
  sizeClass(16 * 1024 * 1024),
  sizeClass(64 * 1024 * 1024),
];

export const LARGEST_TABLE_BYTES = 64 * 1024 * 1024;

/** The smallest class with room for a table, but at least `atLeast`. @throws ClassifierError */
export function sizeClassFor(bytes: number, atLeast?: SizeClass): SizeClass {
  const least = Math.max(bytes, atLeast?.tableBytes ?? 0);
  const found = SIZE_CLASSES.find(({ tableBytes }) => tableBytes >= least);
  if (!found) {
    throw new ClassifierError(`a table of ${bytes} bytes exceeds the largest class`, 'use fewer rules');
  }
  return found;
}
