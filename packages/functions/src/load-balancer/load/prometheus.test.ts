import { expect, test } from 'vitest';
import { numberIn } from './prometheus.ts';

const METRICS = `# HELP load Load of the machine
# TYPE load gauge
load_total 9
load{core="0",note="} 5"} 0.25 1700000000
load 0.75
queue 3e-1
`;

test('the first sample of the metric counts, with or without labels', () => {
  expect(numberIn(METRICS, 'load')).toBe(0.25);
  expect(numberIn(METRICS, 'load_total')).toBe(9);
  expect(numberIn(METRICS, 'queue')).toBe(0.3);
  expect(numberIn(' 0.5\n')).toBe(0.5);
});

test('what is no number is refused', () => {
  expect(() => numberIn(METRICS, 'absent')).toThrow('there is no metric absent');
  expect(() => numberIn('')).toThrow('the answer is no number');
  expect(() => numberIn('<html>')).toThrow("the answer is no number: '<html>'");
  expect(() => numberIn('load NaN', 'load')).toThrow('load is no number');
});
