import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectSame, follow, steps } from '../fixtures/table-model.ts';
import { inMemory, MAX, plan, typed } from '../fixtures/tables.ts';
import { emptyMaps, StagedTables } from './staged-tables.ts';

function stage(running: ReturnType<typeof inMemory>) {
  const staged = new StagedTables(plan, { ports: [], maps: running.maps, running: running.live });
  return { staged, tables: typed(staged.live), commit: () => staged.commit(running.live, running.maps) };
}

describe('staged tables', () => {
  test('show what is there and what was written, and change nothing until they are committed', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const running = inMemory();
        const model = follow(running.tables.plain, before);
        const { tables, commit } = stage(running);
        const changed = follow(tables.plain, after, new Map(model));
        expectSame(running.tables.plain, model);
        const { flip } = commit();
        flip();
        expectSame(running.tables.plain, changed);
      }),
      { numRuns: 40 },
    );
  });

  test('can be taken back after they were written', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const running = inMemory();
        const model = follow(running.tables.plain, before);
        const { tables, commit } = stage(running);
        follow(tables.plain, after, new Map(model));
        commit().undo();
        expectSame(running.tables.plain, model);
      }),
      { numRuns: 40 },
    );
  });

  test('begin empty where nothing runs', () => {
    const running = inMemory();
    const maps = emptyMaps(plan, running.maps.cpus, 50);
    const staged = new StagedTables(plan, { ports: [], maps, running: undefined });
    const tables = typed(staged.live);
    tables.short.set({ id: 1 }, { n: 1 });
    tables.set.replace({ ordered: [[{ kind: 'a' }, { action: 'yes' }]] });
    tables.set.members.set({ address: '10.0.0.1' }, { weight: 4 });
    tables.blocks.setOn(1, 0, { first: 5, used: 2 });
    staged.commit(running.live, running.maps).flip();
    expect([...running.tables.set.ordered]).toEqual([[{ kind: 'a' }, { action: 'yes' }]]);
    expect([...running.tables.set.members]).toEqual([[{ address: '10.0.0.1' }, { weight: 4 }]]);
    expect(running.tables.blocks.get(0)).toEqual({ first: 0, used: 2 });
    expect(running.tables.short.size).toBe(1);
  });

  test('show a rule set to packets only when all is written', () => {
    const running = inMemory();
    running.tables.set.replace({ list: [{ weight: 1 }] });
    const { tables, commit } = stage(running);
    tables.set.list.set(0, { weight: 2 });
    tables.set.replace({ list: [{ weight: 3 }], ordered: [[{}, { action: 'yes' }]] });
    tables.set.list.set(1, { weight: 4 });
    const { flip } = commit();
    expect([...running.tables.set.list].map(([, { weight }]) => weight)).toEqual([1, 0, 0]);
    expect([...running.tables.set.ordered]).toEqual([]);
    flip();
    expect([...running.tables.set.list].map(([, { weight }]) => weight)).toEqual([3, 4, 0]);
    expect([...running.tables.set.ordered]).toEqual([[{}, { action: 'yes' }]]);
  });

  test('leave tables as they were when one of them has become too full', () => {
    const running = inMemory();
    const given = { state: 'new', hits: 0, weight: 1 } as const;
    const { tables, commit } = stage(running);
    tables.slots.set(0, { weight: 9 });
    for (let port = 0; port < MAX; port++) tables.plain.set({ address: '10.0.0.1', port }, given);
    // Meanwhile the fast path fills it.
    for (let port = 10; port < 10 + MAX; port++) running.tables.plain.set({ address: '10.0.0.1', port }, given);
    expect(commit).toThrow(/E2BIG/);
    expect(running.tables.slots.get(0)).toEqual({ weight: 0 });
    expect([...running.tables.plain].map(([{ port }]) => port).sort()).toEqual([10, 11, 12, 13, 14, 15]);
  });

  test('tell how much room classifiers need', () => {
    const running = inMemory();
    const { staged, tables } = stage(running);
    tables.alone.replace([[{ dport: 80 }, { action: 'yes' }]]);
    const sizes = staged.sizeClasses(new Map());
    expect([...sizes.keys()].sort()).toEqual(['alone', 'set.ordered']);
    expect(sizes.get('alone')?.tableBytes).toBe(65_536);
  });
});
