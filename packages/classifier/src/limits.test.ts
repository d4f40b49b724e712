import { describe, expect, test } from 'vitest';
import { assemble } from './assemble.ts';
import { buildClassifier } from './build.ts';
import type { ClassifierError } from './classifier-error.ts';
import { lanesOf } from './intervals.ts';
import { headTables } from './lane-tables.ts';
import { layoutOf } from './layout.ts';
import { lookup, Walk } from './lookup.ts';
import { linearOracle } from './oracle.ts';
import { type Parameters, PREFERRED, ROBUST } from './parameters.ts';
import type { Rule } from './rule.ts';
import type { ClassifierShape } from './shape.ts';
import { tooLarge } from './too-large.ts';
import type { TreeLimits } from './tree.ts';
import { type Plan, placesOf, treeAt, treeNames } from './tree-of.ts';
import { TreeTooLarge } from './tree-too-large.ts';

const SHAPE: ClassifierShape = [
  { name: 'protocol', kind: 'exact8' },
  { name: 'sport', kind: 'range16' },
  { name: 'dport', kind: 'range16' },
];

/** The innermost first, so that no rule shadows another. */
const nested = (count: number) =>
  Array.from({ length: count }, (_, index): Rule => {
    const range = { from: 30_000 - index, to: 30_000 + index };
    return [undefined, range, range];
  });

function planOf(rules: readonly Rule[], [parameters]: readonly Parameters[]): Plan {
  if (parameters === undefined) throw new Error('there are parameters');
  const layout = layoutOf(SHAPE);
  const lanes = lanesOf(layout, rules);
  const places = placesOf(layout, parameters, rules);
  return { layout, lanes, head: headTables(layout, lanes, undefined), product: undefined, rules, parameters, places };
}

function failureWithin(limits: TreeLimits): ClassifierError {
  const rules = nested(200);
  const plan = planOf(rules, PREFERRED);
  const { layout } = plan;
  try {
    treeAt(plan, 0, { family: 4, number: 0 }, limits);
  } catch (error) {
    if (error instanceof TreeTooLarge) return tooLarge(error, layout, rules.length);
  }
  throw new Error('it was built');
}

describe('rules that overlap without end', () => {
  test('are built as far as a few hundred nested in two fields go, and found', () => {
    const rules = nested(250);
    const { table } = buildClassifier(SHAPE, rules);
    for (let offset = -260; offset <= 260; offset += 13) {
      for (const other of [0, offset, -2 * offset]) {
        const key = [6, 30_000 + offset, 30_000 + other];
        expect(lookup(table, SHAPE, key)).toBe(linearOracle(rules, key));
      }
    }
  });

  test('never fill a leaf beyond what its count holds', () => {
    const rules = Array.from({ length: 80 }, (_, number): Rule => {
      const from = number % 40;
      return [undefined, { from, to: 65_535 - number }, { from: 40 - from, to: 65_000 + number }];
    });
    const plan = planOf(rules, ROBUST);
    const planted = treeNames(plan.layout).map((name, place) => ({
      name,
      tree: treeAt(plan, place, name, { bytes: 2 ** 26, work: 2 ** 30 }),
    }));
    const walk = new Walk(plan.layout, assemble(plan.head, planted).table);
    for (let port = 0; port < 80; port++) {
      const key = [6, port, 40 - (port >> 1)];
      expect(walk.lookup(key)).toBe(linearOracle(rules, key));
    }
  });

  test('are given up when they take too long or too much, with their numbers, fields and what to do', () => {
    const slow = failureWithin({ bytes: 2 ** 26, work: 500 });
    expect(slow.message).toMatch(
      /^the trees of 200 rules take too many copies of rules: rules (\d+, ){4}\d+ and \d+ others overlap one another in sport and dport$/,
    );
    expect(slow.hint).toMatch('narrower prefix or a single value in one of these fields');
    expect(failureWithin({ bytes: 2 ** 13, work: 2 ** 30 }).message).toMatch('take more than 8192 bytes: rules ');
  });
});
