import { expectedCost } from './cost.ts';
import type { Entries } from './entries.ts';
import { Heap, TableTooLarge } from './heap.ts';
import { type Lanes, lanesOf, writeLanes } from './intervals.ts';
import { firstRoot, GUARD_WORD, type Layout, layoutOf, recordWords } from './layout.ts';
import { entriesOf } from './make-entries.ts';
import { RecordWriter } from './record-writer.ts';
import { checkRules, type Rule } from './rule.ts';
import type { ClassifierShape, Family } from './shape.ts';
import { LARGEST_TABLE_BYTES, type SizeClass, sizeClassFor } from './size-class.ts';
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
  /** From these lengths on a prefix is narrow, and its rule in the tree of its field. */
  readonly narrow: Readonly<Record<Family, number>>;
}

/** Tables that fit the processor's cache win: few copies of a rule, and rather some records, which lie behind each other,
 *  than another step. No set wins everywhere. */
const PREFERRED: readonly Parameters[] = [
  { narrow: { 4: 24, 6: 48 }, leaf: 24, budget: 2, hurryFrom: 12 },
  { narrow: { 4: 16, 6: 32 }, leaf: 12, budget: 2, hurryFrom: 12 },
  { narrow: { 4: 24, 6: 48 }, leaf: 12, budget: 2, hurryFrom: 12 },
  { narrow: { 4: 16, 6: 32 }, leaf: 24, budget: 2, hurryFrom: 12 },
];

/** For long lists and those that would multiply: wide prefixes apart from each other and long leaves; then wide cuts. */
const ROBUST: readonly Parameters[] = [
  { narrow: { 4: 8, 6: 20 }, leaf: 48, budget: 2, hurryFrom: 12 },
  { narrow: { 4: 8, 6: 20 }, leaf: 48, budget: 1.5, hurryFrom: 12 },
  { narrow: { 4: 8, 6: 20 }, leaf: 12, budget: 8, hurryFrom: 2 },
];

/** Rules built for comparison, over all attempts: two sets for 10,000 rules, none for more than this. */
const RULES_TO_BUILD = 20_000;

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

/** The cheapest table of those that there is time to try; else the first that fits. */
function bestOf(layout: Layout, lanes: Lanes, entries: FamilyEntries, rules: readonly Rule[]): Candidate {
  let best: Candidate | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [attempts, parameters] of PREFERRED.entries()) {
    if ((attempts + 1) * rules.length > RULES_TO_BUILD) break;
    const candidate = attempt(layout, lanes, entries, parameters, expectedBytes(rules.length));
    if (candidate instanceof TableTooLarge) continue;
    const cost = expectedCost(layout, candidate.table, rules);
    if (best && cost >= lowest) continue;
    best = candidate;
    lowest = cost;
  }
  return best ?? firstThatFits(layout, lanes, entries, rules.length);
}

/** Several times what lists usually take: where rules multiply beyond, other parameters are tried soon. */
function expectedBytes(rules: number): number {
  return Math.min(LARGEST_TABLE_BYTES, 1024 * 1024 + 512 * rules);
}

function firstThatFits(layout: Layout, lanes: Lanes, entries: FamilyEntries, rules: number): Candidate {
  let failure: TableTooLarge | undefined;
  for (const parameters of ROBUST) {
    const candidate = attempt(layout, lanes, entries, parameters, LARGEST_TABLE_BYTES);
    if (!(candidate instanceof TableTooLarge)) return candidate;
    failure = candidate;
  }
  if (failure === undefined) throw new Error('no parameters to build a classifier with');
  throw new TableTooLarge(failure.what, rules);
}

function attempt(
  layout: Layout,
  lanes: Lanes,
  entries: FamilyEntries,
  parameters: Parameters,
  limitBytes: number,
): Candidate | TableTooLarge {
  try {
    return buildWith(layout, lanes, entries, parameters, limitBytes);
  } catch (error) {
    if (error instanceof TableTooLarge) return error;
    throw error;
  }
}

function buildWith(
  layout: Layout,
  lanes: Lanes,
  entries: FamilyEntries,
  parameters: Parameters,
  limitBytes: number,
): Candidate {
  const heap = new Heap(limitBytes);
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

/** Which boxes go into which tree: that of their longest prefix if it is narrow, else the last. */
function forest(layout: Layout, { count, prefixLength }: Entries, narrow: number): Int32Array[] {
  const trees = Array.from({ length: layout.trees }, (): number[] => []);
  for (let box = 0; box < count; box++) {
    const lengths = prefixLength.map((lengths) => lengths[box] ?? 0);
    const longest = Math.max(...lengths);
    const tree = longest < narrow ? layout.trees - 1 : lengths.indexOf(longest);
    trees[tree]?.push(box);
  }
  return trees.map((boxes) => Int32Array.from(boxes));
}
