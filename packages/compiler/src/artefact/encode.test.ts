import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, encode } from './encode.ts';

const same = (object: Readonly<Record<string, unknown>>) => object;
const scalar = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.bigInt(),
  fc.constant(null),
);
const name = fc.stringMatching(/^[a-z]{1,5}$/);

/** Trees in which objects may stand at several places. */
const tree = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(name, tie('node'), { maxKeys: 3, noNullPrototype: true }),
    fc.array(fc.tuple(name, tie('node')), { maxLength: 3 }).map((entries) => new Map(entries)),
    tie('node').map((shared) => ({ one: shared, list: [shared, shared] })),
  ),
})).node;

const copied = (root: unknown): unknown => decode(JSON.parse(JSON.stringify(encode(root, same))), same);

test('what is encoded comes back, through JSON', () => {
  fc.assert(
    fc.property(tree, (root) => {
      // JSON has no negative zero.
      expect(copied(root)).toEqual(withoutNegativeZero(root));
    }),
  );
});

test('an object that stands at several places is one object again', () => {
  const declaration = { name: 'x' };
  const use = { declaration };
  const back = copied({ declarations: [declaration], uses: [use, use], by: new Map([['x', declaration]]) });
  expect(back).toEqual({ declarations: [declaration], uses: [use, use], by: new Map([['x', declaration]]) });
  const { declarations, uses, by } = Object(back);
  expect(uses[0]).toBe(uses[1]);
  expect(uses[0].declaration).toBe(declarations[0]);
  expect(by.get('x')).toBe(declarations[0]);
});

test('numbers that JSON does not have come back', () => {
  const numbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  expect(copied(numbers)).toEqual(numbers);
});

test('what has no JSON is refused', () => {
  expect(() => encode({ run() {} }, same)).toThrow('has no JSON');
});

function withoutNegativeZero(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, withoutNegativeZero(inner)]));
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutNegativeZero(inner)]));
  }
  return Object.is(value, -0) ? 0 : value;
}
