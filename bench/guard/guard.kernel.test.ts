import { expect, test } from 'vitest';
import { scenarios } from '../scenarios/index.ts';
import { guardFixed } from './guard.ts';

test('no program has become larger, or longer to verify, than bench/results says', async () => {
  const { scenarios: compared, losses } = await guardFixed(scenarios);
  expect(compared).toContain('fast-path');
  expect(losses, 'if it is worth it: npm run bench -- fast-path records anew').toEqual([]);
});
