import { type Forest, plantForest } from './forest.ts';
import { layoutOf } from './layout.ts';
import type { Rule } from './rule.ts';
import type { ClassifierShape } from './shape.ts';
import { type SizeClass, sizeClassFor } from './size-class.ts';
import { updateForest } from './update-forest.ts';

export interface BuildOptions {
  /** Of the program that is loaded already: no smaller class is chosen. */
  readonly atLeast?: SizeClass;
  /** A table of the same shape. Where most rules are the same objects in the same order, only the trees that the others are
   *  in are built again. */
  readonly previous?: BuiltClassifier;
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
  /** What a later build may keep. */
  readonly forest: Forest;
}

/** @throws ClassifierError naming the rule that does not fit the shape, or the limit that the rules exceed and which they are. */
export function buildClassifier(
  shape: ClassifierShape,
  rules: readonly Rule[],
  { atLeast, previous }: BuildOptions = {},
): BuiltClassifier {
  const began = performance.now();
  const forest = (previous && updateForest(previous.forest, rules)) ?? plantForest(layoutOf(shape), rules);
  const { table, trees } = forest;
  const statistics = {
    levels: Math.max(...trees.map(({ levels }) => levels)),
    records: trees.reduce((sum, { records }) => sum + records.length, 0),
    bytes: table.length,
    buildMs: performance.now() - began,
  };
  return { table, sizeClass: sizeClassFor(table.length, atLeast), statistics, forest };
}
