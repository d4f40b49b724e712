import type { Family } from './shape.ts';
import type { TreeOptions } from './tree.ts';

export interface Parameters extends TreeOptions {
  /** From the first of these lengths on a prefix is narrow, and its rule in the tree of its field; from the second on, in the other
   *  tree of its field. */
  readonly narrow: Readonly<Record<Family, readonly [narrow: number, middle: number]>>;
}

/** Tables that fit the processor's cache win: few copies of a rule, and rather some records, which lie behind each other,
 *  than another step. No set wins everywhere. */
export const PREFERRED: readonly Parameters[] = [
  { narrow: { 4: [24, 8], 6: [48, 20] }, leaf: 24, budget: 4, hurryFrom: 6 },
  { narrow: { 4: [24, 16], 6: [48, 32] }, leaf: 24, budget: 4, hurryFrom: 6 },
  { narrow: { 4: [24, 8], 6: [48, 20] }, leaf: 12, budget: 4, hurryFrom: 6 },
  { narrow: { 4: [24, 16], 6: [48, 32] }, leaf: 12, budget: 4, hurryFrom: 6 },
];

/** For long lists and those that would multiply: long leaves and few copies; then wide cuts. */
export const ROBUST: readonly Parameters[] = [
  { narrow: { 4: [24, 8], 6: [48, 20] }, leaf: 28, budget: 4, hurryFrom: 8 },
  { narrow: { 4: [24, 8], 6: [48, 20] }, leaf: 28, budget: 2, hurryFrom: 12 },
  { narrow: { 4: [24, 8], 6: [48, 20] }, leaf: 12, budget: 8, hurryFrom: 2 },
];
