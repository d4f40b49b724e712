import type { Family } from './shape.ts';
import type { TreeOptions } from './tree.ts';

export interface Parameters extends TreeOptions {
  /** From these lengths on a prefix is narrow, and its rule in the tree of its field. */
  readonly narrow: Readonly<Record<Family, number>>;
}

/** Tables that fit the processor's cache win: few copies of a rule, and rather some records, which lie behind each other,
 *  than another step. No set wins everywhere. */
export const PREFERRED: readonly Parameters[] = [
  { narrow: { 4: 24, 6: 48 }, leaf: 24, budget: 2, hurryFrom: 12 },
  { narrow: { 4: 16, 6: 32 }, leaf: 12, budget: 2, hurryFrom: 12 },
  { narrow: { 4: 24, 6: 48 }, leaf: 12, budget: 2, hurryFrom: 12 },
  { narrow: { 4: 16, 6: 32 }, leaf: 24, budget: 2, hurryFrom: 12 },
];

/** For long lists and those that would multiply: wide prefixes apart from each other and long leaves; then wide cuts. */
export const ROBUST: readonly Parameters[] = [
  { narrow: { 4: 8, 6: 20 }, leaf: 48, budget: 2, hurryFrom: 12 },
  { narrow: { 4: 8, 6: 20 }, leaf: 48, budget: 1.5, hurryFrom: 12 },
  { narrow: { 4: 8, 6: 20 }, leaf: 12, budget: 8, hurryFrom: 2 },
];
