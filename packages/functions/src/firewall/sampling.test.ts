import { expect, test } from 'vitest';
import { sample, within } from './test/sampling.ts';

// The engine's random numbers are the same in each run.
test('eFW 7: of the packets of a rule that logs one in a hundred, that share is logged, and none of others', async () => {
  const [packets, log] = [10_000, 100];
  const { notices, others } = await sample('engine', packets, log);
  const [least, most] = within(packets, log, 3);
  expect(notices).toBeGreaterThan(least);
  expect(notices).toBeLessThan(most);
  expect(others).toBe(0);
});

test('a rule that logs one in one logs all', async () => {
  expect(await sample('engine', 100, 1)).toEqual({ notices: 100, others: 0 });
});
