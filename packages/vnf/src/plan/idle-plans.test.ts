import { expect, test } from 'vitest';
import { oneOf, table, u32, vnf } from '../index.ts';
import { idlePlans, planFunction } from './index.ts';

const plan = planFunction(
  vnf({
    name: 'timed',
    tables: {
      all: table({ key: { of: u32 }, value: { n: u32 }, max: 1, idleTimeout: '5 s' }),
      each: table({
        key: { of: u32 },
        value: { n: u32, state: oneOf('new', 'old') },
        max: 1,
        idleTimeout: { state: { new: '5 s', old: '7 s' } },
      }),
      never: table({ key: { of: u32 }, value: { n: u32 }, max: 1 }),
    },
    fastPath: () => 'drop' as never,
  }),
);
const plans = (given: Parameters<typeof idlePlans>[1]) => [...idlePlans(plan, given)];

test('what a configuration sets takes the place of what is declared, rounded up to whole seconds', () => {
  expect(plans({ all: 1.2e9 })).toEqual([['all', { by: 'all', seconds: 2 }]]);
  expect(plans({ each: { old: 9e9 } })).toMatchObject([['each', { by: 'field', field: 'state', seconds: [5, 9] }]]);
  expect(plans({ each: { new: undefined } })).toMatchObject([['each', { seconds: [5, 7] }]]);
  expect(plans({})).toEqual([]);
});

test.each([
  [{ never: 1e9 }, 'no table of that name has an idleTimeout'],
  [{ none: 1e9 }, 'there is all, each'],
  [{ all: { new: 1e9 } }, 'one timeout for all entries'],
  [{ each: 1e9 }, 'its timeout goes by state'],
  [{ each: { odd: 1e9 } }, 'state is never odd'],
  [{ all: 5 }, 'less than a second'],
])('%j is refused', (given, why) => {
  const said = (): string => {
    try {
      return `${plans(given).length} are taken`;
    } catch (error) {
      return `${String(error)} ${Object(error).hint}`;
    }
  };
  expect(said()).toContain(why);
});
