import { expect, test } from 'vitest';
import { readDatabase } from './database.ts';

test('lines are networks and countries; empty ones and comments say nothing', () => {
  const text = '# from the registries\n192.0.2.0/24,CH\n\n 2001:DB8::/32 , IT # documentation\r\n';
  expect(readDatabase(text)).toEqual([
    ['192.0.2.0/24', { country: 'CH' }],
    ['2001:db8::/32', { country: 'IT' }],
  ]);
});

test.each([
  ['192.0.2.0,CH', 'countries.csv:2: '],
  ['192.0.2.1/24,CH', 'countries.csv:2: '],
  ['192.0.2.0/24', "countries.csv:2: '192.0.2.0/24' names no country"],
  ['192.0.2.0/24,CHE', 'names no country'],
  ['192.0.2.0/24,ch', 'names no country'],
  ['192.0.2.0/24,CH,1', 'names no country'],
])('%s is refused, with its line', (line, message) => {
  expect(() => readDatabase(`10.0.0.0/8,AA\n${line}`, 'countries.csv')).toThrow(message);
});
