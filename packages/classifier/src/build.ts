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

/** Tables that fit the processor's cache win: few copies of a rule, and rather a dozen records, which lie behind each
 *  other, than another step. Neither border wins everywhere. The last set is for rules that overlap too much for them. */
const PARAMETERS: readonly Parameters[] = [
  { narrow: { 4: 24, 6: 48 }, leaf: 12, budget: 2 },
  { narrow: { 4: 16, 6: 40 }, leaf: 12, budget: 2 },
];
const LAST_RESORT: Parameters = { narrow: { 4: 24, 6: 48 }, leaf: 48, budget: 1.5 };

/** Above this, the first parameters must do, so that updates stay within a second or two. */
const MOST_RULES_TO_COMPARE = 10_000;

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

/** The table that costs least; the first that fits, for many rules. */
function bestOf(layout: Layout, lanes: Lanes, entries: FamilyEntries, rules: readonly Rule[]): Candidate {
  let best: Candidate | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const parameters of PARAMETERS) {
    if (best && rules.length > MOST_RULES_TO_COMPARE) break;
    const candidate = buildIfItFits(layout, lanes, entries, parameters);
    if (!candidate) continue;
    const cost = expectedCost(layout, candidate.table, rules);
    if (best && cost >= lowest) continue;
    best = candidate;
    lowest = cost;
  }
  return best ?? buildWith(layout, lanes, entries, LAST_RESORT);
}

function buildIfItFits(
  layout: Layout,
  lanes: Lanes,
  entries: FamilyEntries,
  parameters: Parameters,
): Candidate | undefined {
  try {
    return buildWith(layout, lanes, entries, parameters);
  } catch (error) {
    if (error instanceof TableTooLarge) return undefined;
    throw error;
  }
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
