import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BuiltClassifier, buildClassifier } from './build.ts';
import { layoutOf } from './layout.ts';
import { Walk } from './lookup.ts';
import { linearOracle } from './oracle.ts';
import type { Key, Rule } from './rule.ts';
import type { ClassifierShape } from './shape.ts';

const SHAPE: ClassifierShape = [
  { name: 'direction', kind: 'exact8' },
  { name: 'src', kind: 'prefix' },
  { name: 'protocol', kind: 'exact8' },
  { name: 'sport', kind: 'range16' },
  { name: 'dport', kind: 'range16' },
];
const ANY: Rule = [undefined, undefined, undefined, undefined, undefined];

const port = fc.constantFrom(0, 1, 22, 80, 255, 256, 443, 1024, 32_768, 65_534, 65_535);
const range = fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const values = fc
  .array(fc.constantFrom(0, 1, 2, 6, 7, 17, 255), { minLength: 1, maxLength: 4 })
  .map((list) => ({ values: list }));
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const network = fc
  .tuple(fc.constantFrom(4, 16), fc.constantFrom(0, 8, 24, 32))
  .map(([bytes, length]) => ({ address: new Uint8Array(bytes).fill(10), length }));
const withoutAddress: fc.Arbitrary<Rule> = fc.tuple(
  optional(values),
  fc.constant(undefined),
  optional(values),
  optional(range),
  optional(range),
);
const withAddress: fc.Arbitrary<Rule> = fc.tuple(
  optional(values),
  network,
  optional(values),
  optional(range),
  optional(range),
);
const key: fc.Arbitrary<Key> = fc.tuple(
  fc.constantFrom(0, 1, 2, 6, 3),
  fc.constantFrom(4, 16).chain((bytes) => fc.constantFrom(10, 11).map((byte) => new Uint8Array(bytes).fill(byte))),
  fc.constantFrom(0, 6, 7, 17, 18, 255),
  port,
  port,
);

const differences = ({ table }: BuiltClassifier, rules: readonly Rule[], keys: readonly Key[]) => {
  const walk = new Walk(layoutOf(SHAPE), table);
  return keys.filter((one) => walk.lookup(one) !== linearOracle(rules, one));
};

describe('rules without addresses', () => {
  test('are found by one look at their combinations, beside trees of the others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(withoutAddress, withoutAddress, withAddress), { minLength: 1, maxLength: 30 }),
        fc.array(key, { minLength: 20, maxLength: 40 }),
        (rules, keys) => {
          expect(differences(buildClassifier(SHAPE, rules), rules, keys)).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('take one step and no record where there are no others', () => {
    const rules = [22, 53, 80, 443].map((at) => ANY.with(4, { from: at, to: at }).with(2, { values: [6] }));
    const { table, forest } = buildClassifier(SHAPE, rules);
    const walk = new Walk(layoutOf(SHAPE), table);
    expect(walk.lookup([0, new Uint8Array(16), 6, 4000, 80])).toBe(2);
    expect(walk.tally).toEqual({ steps: 1, records: 0 });
    // One kind of direction and source port, two protocols, five lines of 16 destination ports.
    expect(forest.product?.cells).toHaveLength(2 * 5 * 16);
  });

  test('are in the trees where they would make too many combinations', () => {
    const rules = Array.from({ length: 90 }, (_, n) =>
      ANY.with(3, { from: 10 * n, to: 10 * n }).with(4, { from: n, to: 30_000 + 7 * n }),
    );
    const built = buildClassifier(SHAPE, rules);
    expect(built.forest.product).toBeUndefined();
    const keys = rules.map((_, n): Key => [0, new Uint8Array(4), 6, 10 * n, 30_000 + 5 * n]);
    expect(differences(built, rules, keys)).toEqual([]);
  });

  test('may change, come and go, whatever their place among the others', () => {
    const change = fc.record({ at: fc.nat(), remove: fc.nat(2), insert: fc.nat(2) });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(withoutAddress, withAddress), { minLength: 40, maxLength: 60 }),
        fc.array(fc.oneof(withoutAddress, withAddress), { minLength: 8, maxLength: 8 }),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.array(key, { minLength: 40, maxLength: 40 }),
        (first, spare, changes, keys) => {
          let rules: readonly Rule[] = first;
          let built = buildClassifier(SHAPE, rules);
          for (const { at, remove, insert } of changes) {
            rules = rules.toSpliced(at % rules.length, remove, ...spare.splice(0, insert));
            built = buildClassifier(SHAPE, rules, { previous: built });
            expect(differences(built, rules, keys)).toEqual([]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
