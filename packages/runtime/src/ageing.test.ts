import { describe, expect, test, vi } from 'vitest';
import { Ageing } from './ageing.ts';
import { inMemory } from './fixtures/tables.ts';

const fail = (error: unknown) => {
  throw error;
};

describe('ageing', () => {
  test('removes what was not looked up for longer than its state allows, and tells', () => {
    const { tables, live, state } = inMemory();
    tables.ageing.set({ id: 1 }, { state: 'short' });
    tables.ageing.set({ id: 2 }, { state: 'long' });
    const gone = vi.fn();
    tables.ageing.onExpired(gone);
    const ageing = new Ageing(live.keyed.values(), fail);
    state.seconds = 102;
    tables.ageing.set({ id: 3 }, { state: 'short' });
    ageing.run(102);
    expect(gone).not.toHaveBeenCalled();
    ageing.run(103);
    expect(gone.mock.calls).toEqual([[{ id: 1 }, { state: 'short' }]]);
    ageing.run(111);
    expect(tables.ageing.size).toBe(0);
    expect(gone).toHaveBeenCalledTimes(3);
  });

  test('removes by time since writing, which an update is not', () => {
    const { tables, live, state } = inMemory();
    tables.short.set({ id: 1 }, { n: 1 });
    state.seconds = 103;
    tables.short.update({ id: 1 }, { n: 2 });
    const ageing = new Ageing(live.keyed.values(), fail);
    ageing.run(103);
    expect(tables.short.get({ id: 1 })).toEqual({ n: 2 });
    ageing.run(104);
    expect(tables.short.size).toBe(0);
    tables.short.set({ id: 1 }, { n: 3 });
    ageing.run(105);
    expect(tables.short.size).toBe(1);
  });

  test('keeps an entry that was used between the look and the removal', () => {
    const { tables, live, state } = inMemory();
    tables.ageing.set({ id: 1 }, { state: 'short' });
    tables.ageing.set({ id: 2 }, { state: 'short' });
    tables.ageing.onExpired(() => {
      state.seconds = 110;
    });
    const [table] = [...live.keyed.values()].filter(({ codec }) => codec.plan.path === 'ageing');
    const store = table?.stores[0];
    if (table === undefined || store === undefined) throw new Error('the table has a map');
    const walk = store.entries.bind(store);
    vi.spyOn(store, 'entries').mockImplementation(function* () {
      yield* [...walk()];
      state.seconds = 110;
      tables.ageing.set({ id: 2 }, { state: 'short' });
    });
    new Ageing([table], fail).run(110);
    vi.restoreAllMocks();
    expect([...tables.ageing].map(([{ id }]) => id)).toEqual([2]);
  });

  test('gives back an entry that another flow took while it was removed', () => {
    const { tables, live, state } = inMemory();
    tables.ageing.set({ id: 1 }, { state: 'short' });
    const gone = vi.fn();
    tables.ageing.onExpired(gone);
    const [table] = [...live.keyed.values()].filter(({ codec }) => codec.plan.path === 'ageing');
    const store = table?.stores[0];
    if (table === undefined || store === undefined) throw new Error('the table has a map');
    // As a store of the kernel, whose programs run beside this one.
    const take = vi.fn((key: Uint8Array) => {
      state.seconds = 110;
      tables.ageing.set({ id: 1 }, { state: 'long' });
      const value = store.lookup(key);
      store.delete(key);
      return value;
    });
    Object.assign(store, { take, updateBatch: vi.fn(), deleteBatch: vi.fn() });
    new Ageing([table], fail).run(110);
    expect(take).toHaveBeenCalledOnce();
    expect(gone).not.toHaveBeenCalled();
    expect(tables.ageing.get({ id: 1 })).toEqual({ state: 'long' });
  });

  test('goes on with other work in between when a table is large', async () => {
    const { tables, live } = inMemory();
    for (let id = 0; id < 5000; id++) tables.ageing.set({ id }, { state: 'short' });
    const ageing = new Ageing(live.keyed.values(), fail);
    ageing.tick(110);
    await vi.waitFor(() => expect(tables.ageing.size).toBe(0), { interval: 1 });
    ageing.stop();
  });

  test('survives a handler that throws', () => {
    const { tables, live } = inMemory();
    tables.ageing.set({ id: 1 }, { state: 'short' });
    tables.ageing.onExpired(() => fail(new Error('no')));
    const failed = vi.fn();
    new Ageing(live.keyed.values(), failed).run(110);
    expect(failed).toHaveBeenCalledOnce();
    expect(tables.ageing.size).toBe(0);
  });
});
