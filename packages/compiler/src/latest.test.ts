import { expect, test } from 'vitest';
import { Latest } from './latest.ts';

test('what was asked for last stays, and what nobody asked for the longest is made again', () => {
  const latest = new Latest<string>(2);
  const made: string[] = [];
  const ask = (name: string) =>
    latest.once(name, () => {
      made.push(name);
      return `value of ${name}`;
    });
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map(ask)).toEqual(
    ['a', 'b', 'a', 'c', 'a', 'b'].map((name) => `value of ${name}`),
  );
  expect(made).toEqual(['a', 'b', 'c', 'b']);
  latest.set('d', 'given');
  expect(ask('d')).toBe('given');
  expect(made).toHaveLength(4);
});
