// In front of a table's map stands a small table of its hottest entries: one element of an array, which programs read without a lookup.
// Its content is data: the runtime makes it as traffic goes, the code that reads it is compiled once.
//
//   0       8       16      24      32        40        48      56     64
//   ┌───────┬───────┬───────┬───────┬─────────┬─────────┬───────┬──────┬─────────┬─────────┬─────────┐
//   │control│ begun │ done  │sampled│A made at│B made at│ owner │ zero │ samples │ slots A │ slots B │
//   └───────┴───────┴───────┴───────┴─────────┴─────────┴───────┴──────┴─────────┴─────────┴─────────┘
//
// Who writes to the table, program or runtime, raises `begun` before and `done` behind it. A buffer holds while `begun` is what it was made
// at. A key's slot is the upper bits of its fold times the control word, an odd number for which no two of the entries meet.
import type { MapSpec } from '@twinpath/ebpf';
import type { MapPlan, TablePlan } from '@twinpath/vnf/plan';

export const FRONT = {
  control: 0,
  begun: 8,
  done: 16,
  /** How many keys were sampled since the runtime put 0 there; more than there is room for are not kept. */
  sampled: 24,
  madeAt: 32,
  /** A number of who makes it: of several, the one that came last. */
  owner: 48,
  samples: 64,
} as const;

/** Low bits of the control word. 0 in all: packets ask the map, and nothing else is done. The word by which keys are multiplied has all
 *  of them set. */
export const FRONT_CONTROL = { open: 1n, second: 2n, sampling: 4n, all: 7n } as const;

/** Slots of a buffer, a power of two. */
export const FRONT_SLOT_BITS = 9;
/** Entries of a buffer: so few of the slots that a multiplier which leads no two of them to one slot is found in some fifty tries. */
export const FRONT_ENTRIES = 64;
export const FRONT_SAMPLES = 256;
/** One lookup of so many, by chance, is sampled. */
export const FRONT_SAMPLED = 16;
/** Words of a key are folded into one by this odd number: 2⁶⁴ over the golden ratio. */
export const FRONT_FOLD = 0x9e37_79b9_7f4a_7c15n;
/** Key and value; what is larger is rare, and copies of it are dear. */
const MOST_BYTES = 256;

export interface FrontShape {
  /** Where in the map's key it begins: what a trie matches with is the same in all lookups. */
  readonly keyOffset: number;
  readonly keySize: number;
  /** In a slot; the key is at 0. */
  readonly valueOffset: number;
  /** Bytes of a slot: two to this power. */
  readonly slotShift: number;
  /** Where the first slot is. */
  readonly slots: number;
  /** A key, in whole words. */
  readonly sampleSize: number;
  readonly size: number;
}

export const frontMap = ({ name }: Pick<MapPlan, 'name'>): string => `${name}.front`;

/** Name of the map that a front stands before; `undefined`: it is none. */
export const mapBehind = (name: string): string | undefined =>
  name.endsWith('.front') ? name.slice(0, -'.front'.length) : undefined;

/** Whether entries of this table can stand in front of it as copies: nothing is written to them but by whole updates. Arrays are as
 *  fast as a front. */
export function canHaveFront({ kind, perCpu, hidden, value, maps }: TablePlan): boolean {
  if (kind !== 'table' && kind !== 'lpm') return false;
  if (perCpu || hidden.touched !== undefined) return false;
  if (value.fields.some(({ type }) => type.kind === 'traffic' || type.kind === 'guard')) return false;
  return maps.every((map) => 1 << frontShape(map).slotShift <= MOST_BYTES);
}

export function frontShape({ key, valueSize }: Pick<MapPlan, 'key' | 'valueSize'>): FrontShape {
  const keyOffset = key.lpm === undefined ? 0 : 4;
  const keySize = key.size - keyOffset;
  const valueOffset = (keySize + 7) & ~7;
  const slotShift = Math.ceil(Math.log2(valueOffset + valueSize));
  const slots = FRONT.samples + FRONT_SAMPLES * valueOffset;
  return {
    keyOffset,
    keySize,
    valueOffset,
    slotShift,
    slots,
    sampleSize: valueOffset,
    size: slots + 2 * (1 << (FRONT_SLOT_BITS + slotShift)),
  };
}

export const frontSpec = (map: MapPlan): MapSpec => ({
  name: frontMap(map),
  type: 'array',
  keySize: 4,
  valueSize: frontShape(map).size,
  maxEntries: 1,
  flags: ['mmapable'],
});
