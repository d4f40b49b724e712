import { expect, test } from 'vitest';
import { closest } from './closest.ts';

test.each([
  ['firewal', 'firewall'],
  ['fierwall', 'firewall'],
  ['TP203', 'TP2003'],
  ['dwon', 'down'],
  ['router', undefined],
  ['x', undefined],
])('for %s, %s was meant', (word, meant) => {
  expect(closest(word, ['firewall', 'count-by-country', 'TP2003', 'down'])).toBe(meant);
});

test('the closest of several is taken', () => {
  expect(closest('interfce', ['interval', 'interfaces', 'interface'])).toBe('interface');
});
