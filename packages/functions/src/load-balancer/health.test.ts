import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Health } from './health.ts';

test('so many bad answers in a row take a server down, and so many good ones bring it back', () => {
  const health = new Health(true, { rise: 2, fall: 3 });
  const told = (answers: readonly boolean[]) => answers.map((answer) => health.told(answer));
  expect(told([false, false, true, false, false])).toEqual([false, false, false, false, false]);
  expect(told([false])).toEqual([true]);
  expect(health.isUp).toBe(false);
  expect(told([true, false, true])).toEqual([false, false, false]);
  expect(told([true])).toEqual([true]);
  expect(health.isUp).toBe(true);
});

test('the state only changes when the last answers all speak against it', () => {
  const limit = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(limit, limit, fc.boolean(), fc.array(fc.boolean(), { maxLength: 60 }), (rise, fall, isUp, answers) => {
      const health = new Health(isUp, { rise, fall });
      for (const [index, answer] of answers.entries()) {
        const before = health.isUp;
        const needed = before ? fall : rise;
        const last = answers.slice(Math.max(0, index + 1 - needed), index + 1);
        const changed = health.told(answer);
        if (changed) expect(last).toEqual(Array.from({ length: needed }, () => !before));
        expect(health.isUp).toBe(changed ? !before : before);
      }
      // And one that answers alike for long is what its answers say.
      for (let count = 0; count < Math.max(rise, fall); count++) health.told(true);
      expect(health.isUp).toBe(true);
    }),
  );
});
