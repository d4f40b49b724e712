import { TableFullError } from '@twinpath/vnf';
import { EncodeError } from '@twinpath/vnf/layout';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { follow, steps } from '../fixtures/table-model.ts';
import { CPUS, inMemory, MAX, plan } from '../fixtures/tables.ts';
import { indexKey } from './instance-maps.ts';

describe('a live table', () => {
  test('does what a Map does, whatever happens to it', () => {
    fc.assert(fc.property(steps, (list) => void follow(inMemory().tables.plain, list)));
  });

  test('does so too with a copy of each value for each CPU', () => {
    fc.assert(fc.property(steps, (list) => void follow(inMemory().tables.perCpu, list)));
  });

  test('may be changed while it is read', () => {
    const { plain } = inMemory().tables;
    const given = { state: 'new', hits: 0, weight: 1 } as const;
    for (let port = 0; port < MAX; port++) plain.set({ address: '10.0.0.1', port }, given);
    const seen: number[] = [];
    for (const [key] of plain) {
      seen.push(key.port);
      plain.delete(key);
    }
    expect(seen.sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(plain.size).toBe(0);
  });

  test('is written and emptied in batches, of both families', () => {
    const { plain } = inMemory().tables;
    const given = { state: 'new', hits: 0, weight: 1, traffic: { packets: 0, bytes: 0 } } as const;
    const key = (address: string, port: number) => ({ address, port });
    plain.setMany([
      [key('10.0.0.1', 1), given],
      [key('fd00::1', 1), given],
      [key('10.0.0.1', 1), { ...given, weight: 2 }],
    ]);
    expect(plain.get(key('10.0.0.1', 1))?.weight).toBe(2);
    expect(plain.size).toBe(2);
    const many = Array.from({ length: MAX }, (_, port) => [key('10.0.0.2', port), given] as const);
    expect(() => plain.setMany(many)).toThrow(TableFullError);
    expect(plain.deleteMany([key('10.0.0.1', 1), key('fd00::1', 1), key('fd00::1', 2)])).toBe(2);
  });

  test('tells of what others have changed, with what is there now', () => {
    const { live, tables } = inMemory();
    const told: unknown[] = [];
    tables.plain.onChange((key, value) => void told.push([key, value?.weight]));
    const key = { address: '10.0.0.1', port: 1 };
    tables.plain.set(key, { state: 'new', hits: 0, weight: 1 });
    expect(told).toEqual([]);
    live.keyed.get('plain')?.notifyChanged(key);
    tables.plain.delete(key);
    live.keyed.get('plain')?.notifyChanged(key);
    expect(told).toEqual([
      [key, 1],
      [key, undefined],
    ]);
  });

  test('names table, field and value when it refuses', () => {
    const { plain } = inMemory().tables;
    const key = { address: '10.0.0.1', port: 1 };
    expect(() => plain.set(key, { state: 'new', hits: 0, weight: -1 })).toThrow(EncodeError);
    // @ts-expect-error: the types refuse it too
    expect(() => plain.set(key, { state: 'other', hits: 0, weight: 1 })).toThrow(
      "field state takes one of new, open, closed, not 'other'",
    );
    expect(() => plain.set({ address: 'nowhere', port: 1 }, { state: 'new', hits: 0, weight: 1 })).toThrow(/address/);
    const many = Array.from(
      { length: MAX + 1 },
      (_, port) => [{ address: '10.0.0.1', port }, { state: 'new', hits: 0, weight: 1 } as const] as const,
    );
    expect(() => plain.replace(many)).toThrow(`table plain is full: it holds ${MAX} entries`);
    expect(plain.size).toBe(0);
  });

  test('sums what the CPUs count apart', () => {
    const { tables, maps } = inMemory();
    tables.perCpu.set({ address: '10.0.0.1', port: 7 }, { state: 'open', hits: 5, weight: 9 });
    const [map] = plan.tables.find(({ path }) => path === 'perCpu')?.maps ?? [];
    const store = maps.store(map?.name ?? '');
    const [[key, stored] = []] = [...store.entries()];
    if (key === undefined || stored === undefined) throw new Error('the entry is there');
    // The third CPU counts 2 hits: `hits` lies behind the enumeration, at 8.
    const stride = stored.length / CPUS;
    new DataView(stored.buffer).setBigUint64(2 * stride + 8, 2n, true);
    store.update(key, stored, 'any');
    expect(tables.perCpu.get({ address: '10.0.0.1', port: 7 })).toMatchObject({ state: 'open', hits: 7, weight: 9 });
  });
});

test('an lpm finds exactly the prefix that is asked for', () => {
  const { routes } = inMemory().tables;
  routes.set({ to: '10.0.0.0/8' }, { metric: 1 });
  routes.set({ to: 'fd00::/16' }, { metric: 2 });
  expect(routes.get({ to: '10.1.0.0/16' })).toBeUndefined();
  expect(routes.get({ to: '10.0.0.0/8' })).toEqual({ metric: 1 });
  expect(routes.update({ to: '10.1.0.0/16' }, { metric: 3 })).toBe(false);
  expect(routes.delete({ to: '10.1.0.0/16' })).toBe(false);
  routes.replace([[{ to: '10.1.0.0/16' }, { metric: 4 }]]);
  expect([...routes]).toEqual([[{ to: '10.1.0.0/16' }, { metric: 4 }]]);
});

test('an array has all its elements from the start, and refuses others', () => {
  const { slots, blocks } = inMemory().tables;
  expect([...slots]).toEqual([0, 1, 2, 3].map((index) => [index, { weight: 0 }]));
  slots.set(2, { weight: 5 });
  expect(slots.get(2)).toEqual({ weight: 5 });
  expect(slots.get(4)).toBeUndefined();
  expect(() => slots.set(4, { weight: 1 })).toThrow('array slots has elements 0 to 3, not 4');
  slots.replace([{ weight: 1 }]);
  expect([...slots].map(([, { weight }]) => weight)).toEqual([1, 0, 0, 0]);
  expect(() => slots.replace(Array.from({ length: 5 }, () => ({ weight: 0 })))).toThrow(TableFullError);
  expect(() => slots.setOn(0, 0, { weight: 1 })).toThrow('array slots has one copy for all CPUs: use set()');
  blocks.set(1, { first: 7, used: 10 });
  blocks.setOn(2, 1, { first: 9, used: 3 });
  expect(blocks.get(1)).toEqual({ first: 7, used: 13 });
  expect(() => blocks.setOn(CPUS, 1, { first: 1, used: 0 })).toThrow(RangeError);
});

test('a tally sums over CPUs, shows what did not fit, and starts again', () => {
  const { tables, maps } = inMemory();
  const word = (...values: readonly bigint[]) => new Uint8Array(BigUint64Array.from(values).buffer);
  maps.store('totals').update(indexKey(4), word(1n, 100n, 2n, 50n, 0n, 0n), 'any');
  maps.store('totals.overflow').update(indexKey(0), word(1n, 60n, 0n, 0n, 1n, 60n), 'any');
  expect([...tables.totals]).toEqual([[{ kind: 4 }, { packets: 3, bytes: 150 }]]);
  expect(tables.totals).toMatchObject({ overflow: { packets: 2, bytes: 120 } });
  tables.totals.clear();
  expect([...tables.totals]).toEqual([]);
  expect(tables.totals).toMatchObject({ overflow: { packets: 0, bytes: 0 } });
});
