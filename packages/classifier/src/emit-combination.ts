import type { LookupInput } from './emit-lookup.ts';
import type { Emitter } from './emitter.ts';
import { CELL_BITS, type Layout } from './layout.ts';
import type { ValueId } from './walk-builder.ts';

/** What the cross product says of a key: the number of its first rule, or NO_RULE. `begin`: of the cells, in bytes. */
export function emitCombination(e: Emitter, layout: Layout, { table, sizeClass, fields }: LookupInput, begin: ValueId) {
  const { ranges, exacts, lineTable, rangeAdditions, exactAdditions } = layout;
  const byte = (value: ValueId) => e.by(value, 'and', 0xff);
  const ofRanges = ranges.slice(0, -1).flatMap((field, index) => {
    const value = fields[field];
    if (typeof value !== 'number') return [];
    const upper = e.by(byte(e.by(value, 'shr', 8)), 'shl', 2);
    const page = e.loadAt(table, upper, 8 * (rangeAdditions[index] ?? 0), 32);
    const at = e.alu(page, 'add', e.by(byte(value), 'shl', 1));
    return [e.loadAt(table, e.by(at, 'and', sizeClass.tableBytes - 2), 0, 16)];
  });
  const ofExacts = exacts.flatMap((field, index) => {
    const value = fields[field];
    if (typeof value !== 'number') return [];
    return [e.loadAt(table, e.by(byte(value), 'shl', 1), 8 * (exactAdditions[index] ?? 0), 16)];
  });
  const sum = (start: ValueId, added: readonly ValueId[]) => added.reduce((all, one) => e.alu(all, 'add', one), start);
  const read = (at: ValueId) => e.loadAt(table, e.by(at, 'and', sizeClass.tableBytes - 4), 0, 32);
  const others = sum(e.constant(0), [...ofRanges, ...ofExacts]);
  if (ranges.length === 0) return read(e.alu(e.by(others, 'shl', 2), 'add', begin));
  const last = fields[ranges.at(-1) ?? 0];
  if (typeof last !== 'number') return read(e.alu(e.by(others, 'shl', CELL_BITS + 2), 'add', begin));
  const upper = e.by(e.by(e.by(last, 'shr', CELL_BITS), 'and', 0xffff >> CELL_BITS), 'shl', 1);
  const line = e.alu(e.loadAt(table, upper, 8 * lineTable, 16), 'add', others);
  const cell = e.by(e.by(last, 'and', 2 ** CELL_BITS - 1), 'shl', 2);
  return read(sum(e.by(line, 'shl', CELL_BITS + 2), [cell, begin]));
}
