import { assemble, type Planted } from './assemble.ts';
import { crossProductOf, renumbered } from './cross-product.ts';
import { type Forest, usualLimits } from './forest.ts';
import { extendLanes } from './intervals.ts';
import { headTables } from './lane-tables.ts';
import { checkRules, type Rule } from './rule.ts';
import { sizeClassFor } from './size-class.ts';
import { IN_PRODUCT, type Plan, placesOf, treeAt, treeNames } from './tree-of.ts';
import { TreeTooLarge } from './tree-too-large.ts';

/** Above this share of changed rules a whole build, which chooses parameters anew, takes hardly longer. */
const MOST_CHANGED = 1 / 8;

/** The forest of other rules by building only the trees that changed rules are in; the rest keeps its shape, with new
 *  numbers. `undefined`: a whole build is better or needed. */
export function updateForest(before: Forest, rules: readonly Rule[]): Forest | undefined {
  const difference = differenceOf(before.rules, rules);
  const { from, removed, inserted } = difference;
  const { gone, added } = changedRules(before.rules, rules, difference);
  if (gone.length + added.length > MOST_CHANGED * rules.length || isFarFrom(rules.length, before.chosenFor))
    return undefined;
  const { layout, parameters } = before;
  const insertedRules = rules.slice(from, from + inserted);
  checkRules(layout.shape, insertedRules, from);
  const lanes = extendLanes(layout, before.lanes, added);
  if (lanes === undefined) return undefined;
  const touched = placesOf(layout, parameters, [...gone, ...added], before.product).reduce((all, one) => all | one, 0);
  const places = new Uint16Array(rules.length);
  places.set(before.places.subarray(0, from));
  places.set(placesOf(layout, parameters, insertedRules, before.product), from);
  places.set(before.places.subarray(from + removed), from + inserted);
  const renumbering = { from: from + removed, by: inserted - removed };
  const isProductChanged = (touched & IN_PRODUCT) !== 0;
  const product =
    before.product && (isProductChanged ? crossProductOf(layout, rules) : renumbered(before.product, renumbering));
  if (before.product !== undefined && product === undefined) return undefined;
  const isHeadSame = lanes === before.lanes && product === before.product;
  const head = isHeadSame ? before.head : headTables(layout, lanes, product);
  const plan: Plan = { layout, parameters, lanes, product, head, rules, places };
  try {
    const planted = treeNames(layout).map((name, place): Planted => {
      const tree = before.trees[place];
      if (tree && ((touched >>> place) & 1) === 0) return { name, tree, renumbering };
      return { name, tree: treeAt(plan, place, name, usualLimits(rules.length)) };
    });
    const assembled = assemble(head, planted);
    // Other parameters may fit into what programs are made for.
    const hasRoom = assembled.table.length <= sizeClassFor(before.table.length).tableBytes;
    return hasRoom ? { ...plan, ...assembled, chosenFor: before.chosenFor } : undefined;
  } catch (error) {
    if (error instanceof TreeTooLarge) return undefined;
    throw error;
  }
}

const isFarFrom = (rules: number, chosenFor: number) => rules > 2 * chosenFor || 2 * rules < chosenFor;

interface Difference {
  /** Number of the first rule that differs. */
  readonly from: number;
  readonly removed: number;
  readonly inserted: number;
}

/** One place: what lies between the rules that both begin with, and those that both end with. */
function differenceOf(before: readonly Rule[], after: readonly Rule[]): Difference {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from++;
  let end = 0;
  while (end < shorter - from && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { from, removed: before.length - from - end, inserted: after.length - from - end };
}

/** Where as many went as came, those between two changes are the same. */
function changedRules(before: readonly Rule[], after: readonly Rule[], { from, removed, inserted }: Difference) {
  const gone = before.slice(from, from + removed);
  const added = after.slice(from, from + inserted);
  if (removed !== inserted) return { gone, added };
  return {
    gone: gone.filter((rule, index) => rule !== added[index]),
    added: added.filter((rule, index) => rule !== gone[index]),
  };
}
