import { missingForKernel } from '@twinpath/testing';
import { expect, test } from 'vitest';
import { differential, experiments } from './test/differential.ts';

test.skipIf(missingForKernel() !== undefined).each(experiments)(
  'kernel, evaluator and oracle agree on packets that no one would write: $title',
  async (one) => {
    const seen = await differential({ ...one, seed: one.seed + 1, executors: ['evaluator', 'kernel'], packets: 3000 });
    expect([...seen.keys()].toSorted()).toEqual(one.verdicts);
  },
);
