import { expect, test } from 'vitest';
import { inMemory } from '../fixtures/tables.ts';
import { eachInSlices, inSlices } from './slices.ts';

/** Each takes so long that there are some hundred slices' worth of time in all. */
function* slow(count: number): Generator<number> {
  for (let item = 0; item < count; item++) {
    if (item % 512 === 511) for (const end = performance.now() + 6; performance.now() < end; );
    yield item;
  }
}

/** How often others had their turn. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const again = () => {
    turns++;
    if (!isOver) setImmediate(again);
  };
  setImmediate(again);
  await work;
  isOver = true;
  return turns;
}

test('others have their turn between slices, and every item comes once, in order', async () => {
  const seen: number[] = [];
  const slices: number[] = [];
  const work = eachInSlices(
    slow(2600),
    (item) => seen.push(item),
    () => slices.push(seen.length),
  );
  expect(await turnsDuring(work)).toBeGreaterThanOrEqual(4);
  expect(seen).toEqual(Array.from({ length: 2600 }, (_, item) => item));
  expect(slices).toEqual([512, 1024, 1536, 2048, 2560, 2600]);
  const all = Array.fromAsync(inSlices(slow(1100)));
  expect(await turnsDuring(all)).toBeGreaterThanOrEqual(1);
  expect(await all).toHaveLength(1100);
});

test('what ends early ends what it reads from', async () => {
  let ended = false;
  function* items() {
    try {
      yield* [1, 2, 3];
    } finally {
      ended = true;
    }
  }
  for await (const item of inSlices(items())) if (item === 2) break;
  expect(ended).toBe(true);
  const refused = eachInSlices(slow(3), () => {
    throw new RangeError('no more');
  });
  await expect(refused).rejects.toThrow('no more');
});

test('a table is swept as `deleteWhere` does it, and read by `for await`', async () => {
  const table = inMemory().live.keyed.get('short');
  if (table === undefined) throw new Error('there is a table');
  for (const id of [1, 2, 3]) table.set({ id }, { n: id });
  const entries = [...table];
  expect(entries).toHaveLength(3);
  expect(await Array.fromAsync(table)).toEqual(entries);
  expect(await table.sweep(() => false)).toBe(0);
  expect(await table.sweep(() => true)).toBe(entries.length);
  expect(table.size).toBe(0);
});
