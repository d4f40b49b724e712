import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildClassifier } from './build.ts';
import { ClassifierError } from './classifier-error.ts';
import { generateRules } from './generate.ts';
import { generateTrace } from './generate-trace.ts';
import { layoutOf } from './layout.ts';
import { lookup, Walk } from './lookup.ts';
import { matchingKey } from './matching-key.ts';
import { linearOracle } from './oracle.ts';
import { Random } from './random.ts';
import type { Key, Rule } from './rule.ts';
import type { RuleMix } from './rule-mix.ts';
import type { ClassifierShape, MatchField } from './shape.ts';
import { SIZE_CLASSES } from './size-class.ts';

const SHAPE: ClassifierShape = [
  { name: 'direction', kind: 'exact8' },
  { name: 'src', kind: 'prefix' },
  { name: 'dst', kind: 'prefix' },
  { name: 'protocol', kind: 'exact8' },
  { name: 'sport', kind: 'range16' },
  { name: 'dport', kind: 'range16' },
];
const PORT: ClassifierShape = [{ name: 'port', kind: 'range16' }];

const ip4 = (...bytes: readonly number[]) => Uint8Array.from(bytes);

/** Few different bytes, so that prefixes nest and keys hit; all-ones and all-zeros among them. */
const byte = fc.constantFrom(0, 1, 0x7f, 0x80, 0xff);
const address = (bytes: number) =>
  fc.array(byte, { minLength: bytes, maxLength: bytes }).map((list) => Uint8Array.from(list));
const prefixOf = (bytes: number) =>
  fc.record({
    address: address(bytes),
    length: fc.oneof(fc.constantFrom(0, 1, 8 * bytes - 1, 8 * bytes), fc.integer({ min: 0, max: 8 * bytes })),
  });
const port = fc.oneof(fc.constantFrom(0, 1, 80, 255, 256, 1024, 65534, 65535), fc.integer({ min: 0, max: 65535 }));
const range = fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const values = fc.record({ values: fc.array(fc.constantFrom(0, 1, 2, 6, 17, 255), { minLength: 1, maxLength: 4 }) });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const rule: fc.Arbitrary<Rule> = fc
  .constantFrom(4, 16)
  .chain((bytes) =>
    fc.tuple(
      optional(values),
      optional(prefixOf(bytes)),
      optional(prefixOf(bytes)),
      optional(values),
      optional(range),
      optional(range),
    ),
  );
const key: fc.Arbitrary<Key> = fc
  .constantFrom(4, 16)
  .chain((bytes) =>
    fc.tuple(
      fc.constantFrom(0, 1, 2, 3),
      address(bytes),
      address(bytes),
      fc.constantFrom(0, 1, 6, 7, 17, 255),
      port,
      port,
    ),
  );

/** Keys on which the table and the oracle differ. */
function differences(shape: ClassifierShape, rules: readonly Rule[], keys: readonly Key[]): Key[] {
  const walk = new Walk(layoutOf(shape), buildClassifier(shape, rules).table);
  return keys.filter((key) => walk.lookup(key) !== linearOracle(rules, key));
}

/** Keys at the rules' borders: every rule gives some that it matches, whoever wins. */
function keysOf(shape: ClassifierShape, rules: readonly Rule[], seed: number): Key[] {
  const random = new Random(seed);
  return rules.flatMap((rule) => [matchingKey(shape, rule, random), matchingKey(shape, rule, random)]);
}

describe('a lookup finds the first rule that matches', () => {
  test('whatever the rules are, for any key and for keys that rules match', () => {
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 60 }),
        fc.array(key, { minLength: 20 }),
        fc.nat(),
        (rules, keys, seed) => {
          expect(differences(SHAPE, rules, [...keys, ...keysOf(SHAPE, rules, seed)])).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('among many rules that overlap', () => {
    fc.assert(
      fc.property(fc.array(rule, { minLength: 300, maxLength: 600 }), fc.nat(), (rules, seed) => {
        expect(differences(SHAPE, rules, keysOf(SHAPE, rules, seed))).toEqual([]);
      }),
      { numRuns: 5 },
    );
  });

  test('at both ends of every range', () => {
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 40 }), (ranges) => {
        const keys = ranges
          .flatMap(({ from, to }) => [from - 1, from, to, to + 1])
          .filter((at) => at >= 0 && at <= 65535);
        expect(
          differences(
            PORT,
            ranges.map((range) => [range]),
            keys.map((at) => [at]),
          ),
        ).toEqual([]);
      }),
    );
  });

  test('in nests of prefixes of every length, the longest first or last', () => {
    for (const bytes of [4, 16]) {
      const nest = Array.from(
        { length: 8 * bytes + 1 },
        (_, length): Rule => [
          undefined,
          { address: new Uint8Array(bytes).fill(0xff), length },
          undefined,
          undefined,
          undefined,
          undefined,
        ],
      );
      const keys = keysOf(SHAPE, nest, 1);
      expect(differences(SHAPE, nest, keys)).toEqual([]);
      expect(differences(SHAPE, nest.toReversed(), keys)).toEqual([]);
    }
  });

  test('where two nests of prefixes cross, which takes wide cuts', () => {
    const crossed = Array.from(
      { length: 300 },
      (_, index): Rule => [
        undefined,
        { address: new Uint8Array(16).fill(0xaa), length: 128 - Math.floor(index / 129) },
        { address: new Uint8Array(16).fill(0x55), length: index % 129 },
        undefined,
        undefined,
        undefined,
      ],
    );
    expect(differences(SHAPE, crossed, keysOf(SHAPE, crossed, 1))).toEqual([]);
  });

  test('where wide rules name one field each and would multiply with each other', () => {
    const wide = Array.from({ length: 900 }, (_, index): Rule => {
      const everything: Rule = SHAPE.map(() => undefined);
      if (index % 3 === 2) return everything.with(5, { from: index, to: index });
      return everything.with(1 + (index % 3), { address: ip4(index & 0xff, 0, 0, 0), length: 8 });
    });
    expect(differences(SHAPE, wide, keysOf(SHAPE, wide, 1))).toEqual([]);
    expect(buildClassifier(SHAPE, wide).statistics.bytes).toBeLessThan(1024 * 1024);
  });

  test('of equal rules, and none for a rule that others shadow', () => {
    const everything: Rule = [undefined];
    const web: Rule = [{ from: 80, to: 80 }];
    expect(lookup(buildClassifier(PORT, [web, web, everything, web]).table, PORT, [80])).toBe(0);
    expect(lookup(buildClassifier(PORT, [everything, web]).table, PORT, [80])).toBe(0);
    expect(lookup(buildClassifier(PORT, [web, everything]).table, PORT, [81])).toBe(1);
  });

  test('or nothing, where no rule is', () => {
    const { table, sizeClass } = buildClassifier(SHAPE, []);
    expect(lookup(table, SHAPE, [0, ip4(10, 0, 0, 1), ip4(10, 0, 0, 2), 6, 1, 2])).toBeUndefined();
    expect(lookup(table, SHAPE, [0, new Uint8Array(16), new Uint8Array(16), 6, 1, 2])).toBeUndefined();
    expect(sizeClass).toBe(SIZE_CLASSES[0]);
  });

  test('of one family, and of both where a rule names no prefix', () => {
    const shape: ClassifierShape = [
      { name: 'src', kind: 'prefix' },
      { name: 'protocol', kind: 'exact8' },
    ];
    const rules: Rule[] = [
      [{ address: ip4(0, 0, 0, 0), length: 0 }, { values: [6] }],
      [undefined, { values: [6, 17] }],
    ];
    const { table } = buildClassifier(shape, rules);
    expect(lookup(table, shape, [ip4(1, 2, 3, 4), 6])).toBe(0);
    expect(lookup(table, shape, [new Uint8Array(16), 6])).toBe(1);
    expect(lookup(table, shape, [ip4(1, 2, 3, 4), 17])).toBe(1);
    expect(lookup(table, shape, [ip4(1, 2, 3, 4), 7])).toBeUndefined();
  });

  test.for<RuleMix>(['acl', 'fw', 'ipc'])('among 10,000 rules of the mix %s', (mix) => {
    const rules = generateRules({ shape: SHAPE, mix, count: 10_000, seed: 3 });
    const keys = generateTrace({ shape: SHAPE, rules, count: 700, seed: 4 });
    expect(differences(SHAPE, rules, keys)).toEqual([]);
  });
});

describe('a table takes little', () => {
  test('64 KiB for ten rules', () => {
    const rules = generateRules({ shape: SHAPE, mix: 'fw', count: 10, seed: 3 });
    expect(buildClassifier(SHAPE, rules).sizeClass.tableBytes).toBe(65_536);
  });

  test('unless a program for a larger class is loaded', () => {
    const [, second] = SIZE_CLASSES;
    const options = second === undefined ? {} : { atLeast: second };
    expect(buildClassifier(SHAPE, [], options).sizeClass).toBe(second);
  });
});

describe('rules that do not fit are refused with their number', () => {
  const source = (bytes: number, length: number): Rule => [
    undefined,
    { address: new Uint8Array(bytes), length },
    undefined,
    undefined,
    undefined,
    undefined,
  ];

  test.for<[string, Rule]>([
    ['rule 1 has prefixes of both IPv4 and IPv6', source(4, 8).with(2, { address: new Uint8Array(16), length: 0 })],
    ['rule 1, src: /33 is no length', source(4, 33)],
    ['rule 1, src: an address has 4 or 16 bytes, not 6', source(6, 8)],
    ['rule 1, dport: 90-80 ends before it begins', source(4, 0).with(5, { from: 90, to: 80 })],
    ['rule 1, dport: 1-65536 is not within', source(4, 0).with(5, { from: 1, to: 65536 })],
    ['rule 1, protocol: 256 is not within', source(4, 0).with(3, { values: [6, 256] })],
    ['rule 1, direction: it lists no value', source(4, 0).with(0, { values: [] })],
    ['rule 1, sport: it needs a range', source(4, 0).with(4, { values: [80] })],
    ['rule 1 has 1 fields, the classifier 6', [undefined]],
  ])('%s', ([message, wrong]) => {
    const build = () => buildClassifier(SHAPE, [source(4, 8), wrong]);
    expect(build).toThrow(ClassifierError);
    expect(build).toThrow(message);
  });

  test('as are shapes with too many fields of a kind', () => {
    const shape = ['a', 'b', 'c'].map((name) => ({ name, kind: 'prefix' }) satisfies MatchField);
    expect(() => buildClassifier(shape, [])).toThrow('at most 2 prefix fields, this one has 3: a, b, c');
  });

  test('and ports cut into more intervals than lanes can number', () => {
    const rules = Array.from({ length: 20_000 }, (_, index): Rule => [{ from: 3 * index, to: 3 * index }]);
    expect(() => buildClassifier(PORT, rules)).toThrow('cut port into 40000 intervals, at most 32767');
  });

  test('and too many values of exact fields together', () => {
    const shape = ['a', 'b', 'c'].map((name) => ({ name, kind: 'exact8' }) satisfies MatchField);
    const rules = Array.from({ length: 256 }, (_, value): Rule => shape.map(() => ({ values: [value] })));
    expect(() => buildClassifier(shape, rules)).toThrow('too many different values of a, b, c');
  });
});
