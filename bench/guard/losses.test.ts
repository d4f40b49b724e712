import { expect, test } from 'vitest';
import { metric, type Result, ratio } from '../result.ts';
import { fixedLosses, ratioLosses } from './losses.ts';

const result = (instructions: number, ours: readonly number[], unit = 'ns'): Result => ({
  scenario: 'fast-path',
  machine: { cpu: 'any', cores: 2, kernel: '6.18', node: 'v24' },
  command: 'npm run bench -- fast-path',
  rounds: ours.length,
  correct: true,
  contenders: [
    { name: 'ours', metrics: { instructions: metric([instructions], ''), time: metric(ours, unit) } },
    { name: 'C', metrics: { time: metric([10, 10], unit) } },
  ],
  ratios: [ratio('ours / C', 'time', { name: 'ours', values: ours }, { name: 'C', values: [10, 10] })],
  targets: [],
});

test('more instructions than were recorded are a loss, fewer or a few more are none', () => {
  expect(fixedLosses(result(100, [10, 10]), result(103, [10, 10]))).toEqual([
    { scenario: 'fast-path', what: 'ours, instructions', was: 100, is: 103 },
  ]);
  for (const now of [90, 100, 102]) expect(fixedLosses(result(100, [10, 10]), result(now, [10, 10]))).toEqual([]);
});

test('what was not recorded loses nothing', () => {
  const before = result(100, [10, 10]);
  expect(fixedLosses({ ...before, contenders: [] }, result(200, [10, 10]))).toEqual([]);
  expect(ratioLosses({ ...before, ratios: [] }, result(100, [90, 90]))).toEqual([]);
});

test('a time is a loss when its best round is above the worst recorded, a rate when it is below', () => {
  expect(ratioLosses(result(1, [9, 11]), result(1, [12, 13]))).toMatchObject([{ what: 'ratio ours / C' }]);
  expect(ratioLosses(result(1, [9, 11]), result(1, [10.5, 13]))).toEqual([]);
  expect(ratioLosses(result(1, [9, 11]), result(1, [5, 6]))).toEqual([]);
  expect(ratioLosses(result(1, [9, 11], 'Mpps'), result(1, [5, 6], 'Mpps'))).toHaveLength(1);
  expect(ratioLosses(result(1, [9, 11], 'Mpps'), result(1, [12, 13], 'Mpps'))).toEqual([]);
});
