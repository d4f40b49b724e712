import { expectedCost } from './cost.ts';
import { type Entries, entriesOf, RecordWriter } from './entries.ts';
import { Heap, TableTooLarge } from './heap.ts';
import { type Lanes, lanesOf, writeLanes } from './intervals.ts';
import { firstRoot, GUARD_WORD, type Layout, layoutOf, recordWords } from './layout.ts';
import { checkRules, type Rule } from './rule.ts';
import type { ClassifierShape, Family } from './shape.ts';
import { type SizeClass, sizeClassFor } from './size-class.ts';
import { TreeBuilder, type TreeOptions } from './tree.ts';

export interface BuildOptions {
  /** Of the program that is loaded already: no smaller class is chosen. */
  readonly atLeast?: SizeClass;
}

export interface BuildStatistics {
  /** Most cuts on a way through one tree. */
  readonly levels: number;
  /** Records in all leaves; a rule may have many. */
  readonly records: number;
  readonly bytes: number;
  readonly buildMs: number;
}

export interface BuiltClassifier {
  /** What the map's value begins with, little endian; what lies behind it does not matter. */
  readonly table: Uint8Array<ArrayBuffer>;
  readonly sizeClass: SizeClass;
  readonly statistics: BuildStatistics;
}

interface Parameters extends TreeOptions {
  /** From these prefix lengths on a prefix is narrow, and its rule in a tree of its own kind. */
  readonly narrow: Readonly<Record<Family, number>>;
}

/** None wins everywhere: the first is better for lists of many specific rules, the second for many wide ones, and the last
 *  keeps what overlaps most within the largest class. */
const PARAMETERS: readonly Parameters[] = [
  { narrow: { 4: 16, 6: 40 }, leaf: 6, budget: 8 },
  { narrow: { 4: 8, 6: 20 }, leaf: 8, budget: 8 },
  { narrow: { 4: 16, 6: 40 }, leaf: 16, budget: 3 },
];

/** Above this, one set of parameters must do, so that 10,000 rules are built in a few tenths of a second. */
const MOST_RULES_TO_COMPARE = 2000;

/** @throws ClassifierError naming the rule that does not fit the shape, or the limit that the rules exceed. */
export function buildClassifier(
  shape: ClassifierShape,
  rules: readonly Rule[],
  { atLeast }: BuildOptions = {},
): BuiltClassifier {
  const began = performance.now();
  const layout = layoutOf(shape);
  checkRules(shape, rules);
  const lanes = lanesOf(layout, rules);
  const families: readonly Family[] = layout.prefixes.length === 0 ? [4] : [4, 6];
  const entries = families.map((family) => [family, entriesOf(layout, lanes, rules, family)] as const);
  const { table, levels, records } = bestOf(layout, lanes, entries, rules);
  const sizeClass = sizeClassFor(table.length, atLeast);
  const statistics = { levels, records, bytes: table.length, buildMs: performance.now() - began };
  return { table, sizeClass, statistics };
}

type FamilyEntries = readonly (readonly [Family, Entries])[];

interface Candidate {
  readonly table: Uint8Array<ArrayBuffer>;
  readonly levels: number;
  readonly records: number;
}

/** The first parameters that fit; for few rules the cheapest of all that do. */
function bestOf(layout: Layout, lanes: Lanes, entries: FamilyEntries, rules: readonly Rule[]): Candidate {
  let best: Candidate | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  let failure: TableTooLarge | undefined;
  for (const parameters of PARAMETERS) {
    if (best && rules.length > MOST_RULES_TO_COMPARE) break;
    try {
      const candidate = buildWith(layout, lanes, entries, parameters);
      const cost = expectedCost(layout, candidate.table, rules);
      if (best && cost >= lowest) continue;
      best = candidate;
      lowest = cost;
    } catch (error) {
      if (!(error instanceof TableTooLarge)) throw error;
      failure = error;
    }
  }
  if (best) return best;
  throw failure ?? new Error('no parameters to build a classifier with');
}

function buildWith(layout: Layout, lanes: Lanes, entries: FamilyEntries, parameters: Parameters): Candidate {
  const heap = new Heap();
  writeLanes(heap, layout, lanes);
  heap.set(GUARD_WORD, ...lanes.guards);
  let levels = 0;
  let records = 0;
  for (const [family, boxes] of entries) {
    const writer = new RecordWriter(boxes, lanes, layout, family);
    const builder = new TreeBuilder(heap, boxes, writer, recordWords(layout, family), parameters);
    for (const [tree, list] of forest(layout, boxes, parameters.narrow[family]).entries()) {
      builder.build(firstRoot(family) + tree, list);
    }
    levels = Math.max(levels, builder.levels);
    records += builder.records;
  }
  const halves = heap.halves;
  return { table: new Uint8Array(halves.buffer, 0, halves.byteLength), levels, records };
}

/** Which boxes go into which tree: narrow first prefix, else narrow second prefix, else the last one. */
function forest(layout: Layout, { count, prefixLength }: Entries, narrow: number): Int32Array[] {
  const trees = Array.from({ length: layout.trees }, (): number[] => []);
  for (let box = 0; box < count; box++) {
    const field = prefixLength.findIndex((lengths) => (lengths[box] ?? 0) >= narrow);
    trees[field < 0 ? layout.trees - 1 : field]?.push(box);
  }
  return trees.map((boxes) => Int32Array.from(boxes));
}
