import type { LookupInput } from './emit-lookup.ts';
import type { Emitter } from './emitter.ts';
import type { Layout } from './layout.ts';
import type { ValueId } from './walk-builder.ts';

/** `undefined`: a number that is 0 in every packet. */
export type FieldValues = readonly (ValueId | readonly ValueId[] | undefined)[];

export interface KeyValues {
  readonly lanes: ValueId;
  /** The addresses in words of 64 bits: two 32-bit words each, the first in the upper half. */
  readonly addresses: readonly ValueId[];
  /** Lanes and addresses in memory, for reads at an index that the table gives. */
  readonly slot: ValueId;
  /** Size of the slot; a power of two, so that a mask keeps every read inside. */
  readonly bytes: number;
}

export function emitKey(emitter: Emitter, layout: Layout, input: LookupInput): KeyValues {
  const lanes = emitLanes(emitter, layout, input);
  const addresses = emitAddresses(emitter, layout, input);
  const bytes = 2 ** Math.ceil(Math.log2(8 * (1 + addresses.length)));
  const filling = Array.from({ length: bytes / 8 - 1 - addresses.length }, () => emitter.constant(0));
  const slot = emitter.filledSlot('classifier key', [lanes, ...addresses, ...filling]);
  return { lanes, addresses, slot, bytes };
}

function emitLanes(e: Emitter, layout: Layout, input: LookupInput): ValueId {
  const ranges = layout.ranges.map((field, lane) => {
    const interval = emitInterval(e, input, numberAt(e, input.fields, field), 8 * (layout.rangeTables[lane] ?? 0));
    return lane === 0 ? interval : e.by(interval, 'shl', 16 * lane);
  });
  const exacts = layout.exacts.map((field, lane) => {
    const index = e.by(e.by(numberAt(e, input.fields, field), 'and', 0xff), 'shl', 2);
    return e.loadAt(input.table, index, 8 * (layout.exactTables[lane] ?? 0), 32);
  });
  const low = joined(e, ranges);
  const high = joined(e, exacts);
  if (high === undefined) return low ?? e.constant(0);
  const shifted = e.by(high, 'shl', 32);
  return low === undefined ? shifted : e.alu(low, 'or', shifted);
}

/** By the upper byte the first interval and a page, in the page by the lower byte what to add. */
function emitInterval(e: Emitter, { table, sizeClass }: LookupInput, value: ValueId, upperTable: number): ValueId {
  const upper = e.by(e.by(value, 'shr', 8), 'and', 0xff);
  const entry = e.loadAt(table, e.by(upper, 'shl', 2), upperTable, 32);
  // Bits 16-31 count pages of 512 bytes.
  const page = e.by(e.by(entry, 'shr', 16 - 9), 'and', sizeClass.tableBytes - 512);
  const lower = e.by(e.by(value, 'and', 0xff), 'shl', 1);
  const further = e.loadAt(table, e.alu(page, 'add', lower), 0, 16);
  return e.alu(e.by(entry, 'and', 0xffff), 'add', further);
}

function emitAddresses(e: Emitter, { prefixes }: Layout, { fields }: LookupInput): ValueId[] {
  const words = prefixes.flatMap((field) => wordsAt(fields, field));
  const pairs: ValueId[] = [];
  for (let index = 0; index < words.length; index += 2) {
    const [first, second] = words.slice(index, index + 2);
    if (first === undefined) break;
    const high = e.by(first, 'shl', 32);
    pairs.push(second === undefined ? high : e.alu(high, 'or', second));
  }
  return pairs;
}

function joined(e: Emitter, values: readonly ValueId[]): ValueId | undefined {
  return values.length === 0 ? undefined : values.reduce((all, value) => e.alu(all, 'or', value));
}

function numberAt(e: Emitter, fields: FieldValues, position: number): ValueId {
  const value = fields[position] ?? e.constant(0);
  if (typeof value !== 'number') throw new TypeError(`field ${position} of a classifier's key is one value`);
  return value;
}

function wordsAt(fields: FieldValues, position: number): readonly ValueId[] {
  const value = fields[position];
  if (typeof value !== 'object') throw new TypeError(`field ${position} of a classifier's key is an address in words`);
  return value;
}
