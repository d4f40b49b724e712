import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { grouped, tableText } from './table.ts';

test('columns stand below each other, numbers to the right, without trailing blanks', () => {
  const text = tableText(
    ['name', 'packets', 'note'],
    [
      ['firewall', 1_234_567, ''],
      ['nat', 7, 'idle'],
    ],
  );
  expect(stripVTControlCharacters(text).split('\n')).toEqual([
    'NAME         PACKETS   NOTE',
    'firewall   1 234 567',
    'nat                7   idle',
  ]);
});

test('colours do not move columns', () => {
  const plain = tableText(['a', 'b'], [['x', 'y']]);
  const coloured = tableText(['a', 'b'], [['\x1b[31mx\x1b[39m', 'y']]);
  expect(stripVTControlCharacters(coloured)).toBe(stripVTControlCharacters(plain));
});

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1 000'],
  [12_345.67, '12 345.7'],
])('%d is written %s', (value, text) => {
  expect(grouped(value)).toBe(text);
});
