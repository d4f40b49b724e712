import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BuiltClassifier, buildClassifier } from './build.ts';
import { generateRules } from './generate.ts';
import { layoutOf } from './layout.ts';
import { Walk } from './lookup.ts';
import { matchingKey } from './matching-key.ts';
import { linearOracle } from './oracle.ts';
import { Random } from './random.ts';
import type { Rule } from './rule.ts';
import type { RuleMix } from './rule-mix.ts';
import type { ClassifierShape } from './shape.ts';

const SHAPE: ClassifierShape = [
  { name: 'src', kind: 'prefix' },
  { name: 'dst', kind: 'prefix' },
  { name: 'protocol', kind: 'exact8' },
  { name: 'sport', kind: 'range16' },
  { name: 'dport', kind: 'range16' },
];

/** How many keys the table answers otherwise than the oracle. */
function differences(
  { table }: BuiltClassifier,
  rules: readonly Rule[],
  around: readonly Rule[],
  seed: number,
): number {
  const random = new Random(seed);
  const walk = new Walk(layoutOf(SHAPE), table);
  const keys = around.flatMap((rule) => [1, 2, 3].map(() => matchingKey(SHAPE, rule, random)));
  return keys.filter((key) => walk.lookup(key) !== linearOracle(rules, key)).length;
}

/** Of all kinds, with ports and protocols that the others do not name. */
function strangers(count: number, seed: number): Rule[] {
  const random = new Random(seed);
  return generateRules({ shape: SHAPE, mix: 'fw', count, seed }).map((rule) => {
    const from = random.below(65_536);
    return rule.with(4, { from, to: random.between(from, 65_535) }).with(2, { values: [random.below(256)] });
  });
}

const change = fc.record({
  at: fc.nat(),
  remove: fc.constantFrom(0, 1, 1, 2),
  insert: fc.constantFrom(0, 1, 1, 2),
  isStrange: fc.boolean(),
});

describe('a table made from the one before', () => {
  test.for<RuleMix>(['acl', 'fw', 'ipc'])('finds what comparing rule after rule does, after any changes: %s', (mix) => {
    const all = generateRules({ shape: SHAPE, mix, count: 300, seed: 5 });
    const strange = strangers(60, 6);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), fc.nat(), (changes, seed) => {
        let rules: readonly Rule[] = all.slice(0, 240);
        let built = buildClassifier(SHAPE, rules);
        const spare = all.slice(240);
        const unknown = [...strange];
        const around: Rule[] = [];
        for (const { at, remove, insert, isStrange } of changes) {
          const from = at % rules.length;
          const inserted = (isStrange ? unknown : spare).splice(0, insert);
          around.push(...rules.slice(from, from + remove), ...inserted);
          rules = rules.toSpliced(from, remove, ...inserted);
          built = buildClassifier(SHAPE, rules, { previous: built });
        }
        expect(differences(built, rules, [...around, ...rules], seed)).toBe(0);
      }),
      { numRuns: 12 },
    );
  });

  test('builds again only the trees that the changed rules are in, and leaves the table before as it was', () => {
    const rules = generateRules({ shape: SHAPE, mix: 'acl', count: 2000, seed: 7 });
    const before = buildClassifier(SHAPE, rules.toSpliced(900, 1));
    const bytes = before.table.slice();
    const after = buildClassifier(SHAPE, rules, { previous: before });
    const kept = after.forest.trees.filter(({ nodes }, place) => nodes === before.forest.trees[place]?.nodes);
    expect(kept).toHaveLength(9);
    expect(before.table).toEqual(bytes);
    expect(differences(after, rules, rules, 8)).toBe(0);
  });

  test('keeps what lies between two changed rules', () => {
    const rules = generateRules({ shape: SHAPE, mix: 'acl', count: 2000, seed: 7 });
    const host = (last: number): Rule => [{ address: Uint8Array.of(192, 0, 2, last), length: 32 }, ...rest];
    const rest = [undefined, undefined, undefined, undefined];
    const before = buildClassifier(SHAPE, rules.with(100, host(1)).with(1900, host(2)));
    const changed = rules.with(100, host(3)).with(1900, host(4));
    const after = buildClassifier(SHAPE, changed, { previous: before });
    const kept = after.forest.trees.filter(({ nodes }, place) => nodes === before.forest.trees[place]?.nodes);
    expect(kept).toHaveLength(9);
    expect(differences(after, changed, changed, 8)).toBe(0);
  });

  test('is built anew where the lanes have no number left', () => {
    const port = (at: number): Rule => [undefined, undefined, undefined, undefined, { from: at, to: at }];
    const rules = Array.from({ length: 8000 }, (_, index) => port(8 * index));
    const before = buildClassifier(SHAPE, rules);
    const more = [...rules, ...[1, 2, 3, 4, 5, 6].map(port)];
    const after = buildClassifier(SHAPE, more, { previous: before });
    expect(differences(after, more, more.slice(-12), 9)).toBe(0);
  });

  test('refuses a rule with the number that it would have', () => {
    const before = buildClassifier(SHAPE, strangers(50, 6));
    const wrong: Rule = [undefined, undefined, undefined, undefined, { from: 2, to: 1 }];
    const rules = before.forest.rules.toSpliced(30, 1, wrong);
    expect(() => buildClassifier(SHAPE, rules, { previous: before })).toThrow(
      'rule 30, dport: 2-1 ends before it begins',
    );
  });
});
