import { assemble } from './assemble.ts';
import { expectedCost } from './cost.ts';
import { crossProductOf } from './cross-product.ts';
import { lanesOf } from './intervals.ts';
import { headTables } from './lane-tables.ts';
import type { Layout } from './layout.ts';
import { type Parameters, PREFERRED, ROBUST } from './parameters.ts';
import { checkRules, type Rule } from './rule.ts';
import { LARGEST_TABLE_BYTES } from './size-class.ts';
import { tooLarge } from './too-large.ts';
import type { Tree, TreeLimits } from './tree.ts';
import { type Plan, placesOf, treeAt, treeNames } from './tree-of.ts';
import { TreeTooLarge } from './tree-too-large.ts';

/** All trees, and the table that they lie in. */
export interface Forest extends Plan {
  /** In the order of their names. */
  readonly trees: readonly Tree[];
  readonly table: Uint8Array<ArrayBuffer>;
  /** How many rules the parameters were chosen for. */
  readonly chosenFor: number;
}

/** Rules built for comparison, over all attempts: two sets for 10,000 rules, none for more than this. */
const RULES_TO_BUILD = 20_000;
/** So many fit into a leaf of each tree, whatever the parameters. */
const ONE_LEAF = Math.min(...PREFERRED.map(({ leaf }) => leaf));

/** The cheapest forest of those that there is time to try; else the first that fits. @throws ClassifierError */
export function plantForest(layout: Layout, rules: readonly Rule[]): Forest {
  checkRules(layout.shape, rules);
  const lanes = lanesOf(layout, rules);
  const product = crossProductOf(layout, rules);
  const common = { layout, rules, lanes, product, head: headTables(layout, lanes, product) };
  let best: Forest | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [attempts, parameters] of PREFERRED.entries()) {
    if ((attempts + 1) * rules.length > RULES_TO_BUILD || (attempts > 0 && rules.length <= ONE_LEAF)) break;
    const candidate = attempt(planOf(common, parameters), usualLimits(rules.length));
    if (candidate instanceof TreeTooLarge) continue;
    const cost = expectedCost(layout, candidate.table, rules);
    if (best && cost >= lowest) continue;
    best = candidate;
    lowest = cost;
  }
  return best ?? firstThatFits(common);
}

type Common = Pick<Plan, 'layout' | 'lanes' | 'product' | 'head' | 'rules'>;

function planOf(common: Common, parameters: Parameters): Plan {
  return { ...common, parameters, places: placesOf(common.layout, parameters, common.rules, common.product) };
}

function firstThatFits(common: Common): Forest {
  let failure: TreeTooLarge | undefined;
  for (const parameters of ROBUST) {
    const candidate = attempt(planOf(common, parameters), largestLimits(common.rules.length));
    if (!(candidate instanceof TreeTooLarge)) return candidate;
    failure = candidate;
  }
  if (failure === undefined) throw new Error('no parameters to build a classifier with');
  throw tooLarge(failure, common.layout, common.rules.length);
}

/** Twice what lists usually take: where rules multiply beyond, other parameters are tried soon. Besides, a tree must be built
 *  again for one rule in little time. */
export function usualLimits(rules: number): TreeLimits {
  return { bytes: Math.min(LARGEST_TABLE_BYTES, 512 * 1024 + 224 * rules), work: 100_000 + 10 * rules };
}

/** When nothing else is left to try. Lists that people write take less than 20 comparisons a rule. */
function largestLimits(rules: number): TreeLimits {
  return { bytes: LARGEST_TABLE_BYTES, work: 5_000_000 + 200 * rules };
}

function attempt(plan: Plan, limits: TreeLimits): Forest | TreeTooLarge {
  let { bytes, work } = limits;
  try {
    const planted = treeNames(plan.layout).map((name, place) => {
      const tree = treeAt(plan, place, name, { bytes, work });
      bytes -= 4 * tree.halves.length;
      work -= tree.work;
      return { name, tree };
    });
    return { ...plan, ...assemble(plan.head, planted), chosenFor: plan.rules.length };
  } catch (error) {
    if (error instanceof TreeTooLarge) return error;
    throw error;
  }
}
