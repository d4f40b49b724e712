import type { LookupInput } from './emit-lookup.ts';
import type { Emitter } from './emitter.ts';
import type { Layout } from './layout.ts';
import type { ValueId } from './walk-builder.ts';

/** What the cross product says of a key: the number of its first rule, or NO_RULE. `begin`: of the combinations, in bytes. */
export function emitCombination(e: Emitter, layout: Layout, { table, sizeClass, fields }: LookupInput, begin: ValueId) {
  const { ranges, exacts, rangeAdditions, exactAdditions } = layout;
  const byte = (value: ValueId) => e.by(value, 'and', 0xff);
  const ofRanges = ranges.flatMap((field, index) => {
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
  const added = [...ofRanges, ...ofExacts];
  const combination = added.reduce((sum, one) => e.alu(sum, 'add', one), e.constant(0));
  const at = e.alu(begin, 'add', e.by(combination, 'shl', 2));
  return e.loadAt(table, e.by(at, 'and', sizeClass.tableBytes - 4), 0, 32);
}
