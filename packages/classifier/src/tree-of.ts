import type { CrossProduct } from './cross-product.ts';
import { MOST_HASHED, type RootHash } from './hash-root.ts';
import type { Lanes } from './intervals.ts';
import type { Layout } from './layout.ts';
import { entriesOf } from './make-entries.ts';
import type { Parameters } from './parameters.ts';
import { RecordWriter } from './record-writer.ts';
import { familyOfRule, isPrefix, type Rule } from './rule.ts';
import type { Family } from './shape.ts';
import { buildTree, type Tree, type TreeLimits } from './tree.ts';

/** One of the trees that a table has. */
export interface TreeName {
  readonly family: Family;
  /** From 0: those of narrow prefixes, by field, of middle ones, by field, and the last of the rest. */
  readonly number: number;
}

/** What trees are made of. */
export interface Plan {
  readonly layout: Layout;
  readonly lanes: Lanes;
  /** Of the rules without addresses, which are in no tree then. */
  readonly product: CrossProduct | undefined;
  /** What `headTables` makes of both. */
  readonly head: Uint32Array;
  readonly rules: readonly Rule[];
  readonly parameters: Parameters;
  /** Of each rule. */
  readonly places: Uint16Array;
}

/** In the order of their places. Without prefixes all keys are classified as IPv4. */
export function treeNames({ prefixes, trees }: Layout): readonly TreeName[] {
  const families: readonly Family[] = prefixes.length === 0 ? [4] : [4, 6];
  return families.flatMap((family) => Array.from({ length: trees }, (_, number) => ({ family, number })));
}

/** The bit of rules in the cross product. */
export const IN_PRODUCT = 0x8000;

/** For each rule a bit for each tree that it is in: one of its longest prefix's if that is narrow enough, else the last; trees of both
 *  families where it has no prefix, or none where there is a cross product. */
export function placesOf(
  layout: Layout,
  { narrow }: Parameters,
  rules: readonly Rule[],
  product?: CrossProduct,
): Uint16Array {
  const last = layout.trees - 1;
  const both = (1 << last) | (layout.prefixes.length === 0 ? 0 : 1 << (last + layout.trees));
  return Uint16Array.from(rules, (rule) => {
    const family = familyOfRule(rule);
    if (family === undefined) return product === undefined ? both : IN_PRODUCT;
    let longest = -1;
    let prefix = 0;
    for (let index = 0; index < layout.prefixes.length; index++) {
      const match = rule[layout.prefixes[index] ?? 0];
      if (!match || !isPrefix(match) || match.length <= longest) continue;
      longest = match.length;
      prefix = index;
    }
    const border = narrow[family].findIndex((length) => longest >= length);
    const tree = border < 0 ? last : border * layout.prefixes.length + prefix;
    return 1 << (family === 4 ? tree : tree + layout.trees);
  });
}

/** `place`: the tree's in `treeNames`. @throws TreeTooLarge */
export function treeAt(plan: Plan, place: number, { family, number: tree }: TreeName, limits: TreeLimits): Tree {
  const { layout, lanes, rules, places, parameters } = plan;
  const numbers: number[] = [];
  for (let number = 0; number < places.length; number++) {
    if (((places[number] ?? 0) >>> place) & 1) numbers.push(number);
  }
  const entries = entriesOf(layout, lanes, family, rules, numbers);
  const hash =
    tree < layout.trees - 1 ? hashOfPrefixes(layout, tree % layout.prefixes.length, rules, numbers) : undefined;
  return buildTree(entries, new RecordWriter(entries, lanes, layout, family), parameters, limits, hash);
}

/** Of all bits that each of these rules asks for. */
function hashOfPrefixes(layout: Layout, prefix: number, rules: readonly Rule[], numbers: readonly number[]): RootHash {
  let length = MOST_HASHED;
  for (const number of numbers) {
    const match = rules[number]?.[layout.prefixes[prefix] ?? 0];
    if (match && isPrefix(match)) length = Math.min(length, match.length);
  }
  return { prefix, length };
}
