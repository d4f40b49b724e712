import { expect, test } from 'vitest';
import { differential, experiments } from './test/differential.ts';

test.each(experiments)(
  'evaluator and engine agree with the oracle on packets that no one would write: $title',
  async (one) => {
    const seen = await differential({ ...one, executors: ['evaluator', 'engine'], packets: 2000 });
    expect([...seen.keys()].toSorted()).toEqual(one.verdicts);
  },
);
