import { expect, test } from 'vitest';
import { sample, within } from './test/sampling.ts';

test('the kernel logs the share of packets that a rule says', async () => {
  const [packets, log] = [2000, 8];
  const { notices, others } = await sample('kernel', packets, log);
  // Its random numbers are others each time: nine standard deviations, 10^-18.
  const [least, most] = within(packets, log, 9);
  expect(notices).toBeGreaterThan(least);
  expect(notices).toBeLessThan(most);
  expect(others).toBe(0);
});
