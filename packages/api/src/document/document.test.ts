import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { diff } from './diff.ts';
import { mergePatch } from './merge-patch.ts';
import { pointerSteps, pointerText, valueAt, withoutValueAt, withValueAt } from './pointer.ts';

// RFC 7396, Appendix A.
test.for([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('%j patched with %j is %j', ([target, patch, merged]) => {
  expect(mergePatch(target, patch)).toEqual(merged);
});

describe('a JSON pointer', () => {
  const whole = { rules: [{ 'a/b': 1 }, { 'm~n': 2 }] };

  it.for([
    ['', whole],
    ['/rules/0', { 'a/b': 1 }],
    ['/rules/0/a~1b', 1],
    ['/rules/1/m~0n', 2],
    ['/rules/2', undefined],
    ['/rules/-', undefined],
    ['/rules/00', undefined],
    ['/constructor', undefined],
    ['/__proto__', undefined],
  ] as const)('%s leads to its place', ([pointer, value]) => {
    expect(valueAt(whole, pointerSteps(pointer) ?? [])).toEqual(value);
  });

  it('is refused where it is none', () => {
    for (const text of ['rules', '/a~2', '/~']) expect(pointerSteps(text)).toBeUndefined();
  });

  it('puts a value to its place and takes it away, in copies', () => {
    expect(withValueAt(whole, ['rules', '-'], 3)).toEqual({ rules: [...whole.rules, 3] });
    expect(withValueAt(whole, ['rules', '0'], 3)).toEqual({ rules: [3, whole.rules[1]] });
    expect(withValueAt(whole, ['rules', '3'], 3)).toBeUndefined();
    expect(withValueAt(whole, ['other', 'place'], 3)).toBeUndefined();
    expect(Object.entries(Object(withValueAt({}, ['__proto__'], 3)))).toEqual([['__proto__', 3]]);
    expect(withoutValueAt(whole, ['rules', '0'])).toEqual({ rules: [whole.rules[1]] });
    expect(withoutValueAt(whole, ['rules', '5'])).toBeUndefined();
    expect(whole.rules).toHaveLength(2);
  });

  it('of any place that there is leads there, and back', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), fc.jsonValue(), (steps, leaf) => {
        const nested = steps.reduceRight<unknown>((inner, step) => Object.fromEntries([[step, inner]]), leaf);
        expect(pointerSteps(pointerText(steps))).toEqual(steps);
        expect(valueAt(nested, steps)).toEqual(leaf);
      }),
    );
  });
});

describe('a difference', () => {
  it('names places, and finds what was put into a list', () => {
    const rules = (...names: string[]) => ({ rules: names.map((name) => ({ name })) });
    expect(diff(rules('a', 'b', 'c'), rules('a', 'x', 'b', 'c'))).toEqual([
      { op: 'add', pointer: '/rules/1', after: { name: 'x' } },
    ]);
    expect(diff(rules('a', 'b', 'c'), rules('a', 'c'))).toEqual([
      { op: 'remove', pointer: '/rules/1', before: { name: 'b' } },
    ]);
    expect(diff(rules('a', 'b'), rules('a', 'c'))).toEqual([
      { op: 'replace', pointer: '/rules/1/name', before: 'b', after: 'c' },
    ]);
    expect(diff({ a: 1, b: null }, { b: null, c: [] })).toEqual([
      { op: 'remove', pointer: '/a', before: 1 },
      { op: 'add', pointer: '/c', after: [] },
    ]);
  });

  it('is empty exactly where two values are the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(diff(a, structuredClone(a))).toEqual([]);
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(diff(a, b).length === 0).toBe(same);
      }),
    );
  });
});

/** Members in one order; zero has one sign in JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, sorted(inner)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
