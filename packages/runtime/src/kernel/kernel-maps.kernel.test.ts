import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SIZE_CLASSES } from '@twinpath/classifier';
import { planMaps } from '@twinpath/compiler';
import { mountBpffs, openFds, traceFds } from '@twinpath/linux';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ChurnOptions } from '../fixtures/churn.ts';
import { follow, steps } from '../fixtures/table-model.ts';
import { plan, typed } from '../fixtures/tables.ts';
import { removePins } from '../host/pins.ts';
import { runningTables } from '../tables/running-tables.ts';
import { KernelMaps } from './kernel-maps.ts';

const PINS = '/sys/fs/bpf/tp-runtime-maps';
const specs = planMaps(plan);

beforeAll(() => {
  traceFds();
  mountBpffs();
  mkdirSync(PINS, { recursive: true });
});
afterAll(() => {
  removePins(PINS);
  expect(openFds()).toEqual([]);
});

/** Nothing installed: no pins. */
function staged() {
  const owner = new KernelMaps(join(PINS, 'never'));
  const maps = owner.stage(specs);
  return { maps, tables: typed(runningTables(plan, maps.maps)), [Symbol.dispose]: () => maps[Symbol.dispose]() };
}

describe('a live table over maps of the kernel', () => {
  test('does what a Map does, whatever happens to it', () => {
    using kernel = staged();
    fc.assert(
      fc.property(steps, (list) => {
        kernel.tables.plain.replace([]);
        follow(kernel.tables.plain, list);
      }),
      { numRuns: 40 },
    );
  });

  test('does so with a copy of each value for each CPU', () => {
    using kernel = staged();
    fc.assert(
      fc.property(steps, (list) => {
        kernel.tables.perCpu.replace([]);
        follow(kernel.tables.perCpu, list);
      }),
      { numRuns: 40 },
    );
  });

  test('replaces and removes large contents in batches', () => {
    using kernel = staged();
    const { ageing } = kernel.tables;
    const entries = (from: number) =>
      Array.from({ length: 5000 }, (_, n) => [{ id: from + n }, { state: 'long' } as const] as const);
    ageing.replace(entries(0));
    // Not a single entry of the new contents has room before the old ones go.
    ageing.replace(entries(10_000));
    expect(ageing.size).toBe(5000);
    expect(ageing.get({ id: 10_000 })).toEqual({ state: 'long' });
    expect(ageing.deleteWhere(({ id }) => id % 2 === 0)).toBe(2500);
    expect(ageing.size).toBe(2500);
  });

  test('shows each entry that stays once, while others come and go', async () => {
    using kernel = staged();
    const { ageing } = kernel.tables;
    const stay = Array.from({ length: 2000 }, (_, id) => id);
    ageing.setMany(stay.map((id) => [{ id }, { state: 'long' }]));
    const words = new Int32Array(new SharedArrayBuffer(8));
    const map = kernel.maps.byName.ageing;
    const workerData: ChurnOptions = { id: map?.info().id ?? 0, first: 10_000, count: 2500, words };
    const churn = new Worker(new URL('../fixtures/churn.ts', import.meta.url), {
      workerData,
      // Descriptors of native code are not Node's to close.
      trackUnmanagedFds: false,
    });
    await vi.waitFor(() => expect(words[0]).toBeGreaterThan(0), 10_000);
    const before = Atomics.load(words, 0);
    let strangers = 0;
    do {
      const seen = [...ageing].map(([{ id }]) => id);
      expect(seen.filter((id) => id < 2000).sort((a, b) => a - b)).toEqual(stay);
      expect(new Set(seen).size).toBe(seen.length);
      strangers += seen.length - stay.length;
    } while (Atomics.load(words, 0) < before + 100 || strangers === 0);
    Atomics.store(words, 1, 1);
    await once(churn, 'exit');
    expect(ageing.deleteMany(stay.map((id) => ({ id })))).toBe(2000);
    expect(ageing.size).toBe(0);
  });

  test('finds exactly the prefix that is asked for', () => {
    using kernel = staged();
    const { routes } = kernel.tables;
    routes.set({ to: '10.0.0.0/8' }, { metric: 1 });
    expect(routes.get({ to: '10.1.0.0/16' })).toBeUndefined();
    routes.replace([[{ to: '10.1.0.0/16' }, { metric: 2 }]]);
    expect([...routes]).toEqual([[{ to: '10.1.0.0/16' }, { metric: 2 }]]);
  });

  test('switches rule sets and classifiers in shared memory', () => {
    using kernel = staged();
    const { set, alone } = kernel.tables;
    set.replace({ list: [{ weight: 1 }], ordered: [[{ src: '10.0.0.0/8' }, { action: 'yes' }]] });
    set.replace({ list: [{ weight: 2 }] });
    expect(set.list.get(0)).toEqual({ weight: 2 });
    expect([...set.ordered]).toEqual([[{ src: '10.0.0.0/8' }, { action: 'yes' }]]);
    alone.replace([[{ dport: 1 }, { action: 'yes' }]]);
    const element = kernel.maps.maps.memory('alone@1');
    expect(element[SIZE_CLASSES[0]?.valueBytes ?? 0]).toBe(1);
    expect(alone.hits(0)).toBe(0);
  });
});

describe('maps that are replaced', () => {
  const small = specs.map((spec) => (spec.name === 'slots' ? { ...spec, maxEntries: 3 } : spec));

  test('keep those whose spec stays, under their pins', () => {
    const directory = join(PINS, 'kept');
    using owner = new KernelMaps(directory);
    const first = owner.stage(specs);
    first.install();
    first.commit();
    const [plain, slots] = [owner.map('plain.4'), owner.map('slots')];
    const second = owner.stage(small);
    expect(second.isFresh('slots')).toBe(true);
    expect(second.isFresh('plain.4')).toBe(false);
    second.install();
    second.commit();
    expect(owner.map('plain.4')).toBe(plain);
    expect(owner.map('slots')).not.toBe(slots);
    expect(readdirSync(directory).sort()).toEqual(specs.map(({ name }) => name.replaceAll('.', ':')).sort());
  });

  test('come back when the change is not committed', () => {
    using owner = new KernelMaps(join(PINS, 'back'));
    const first = owner.stage(specs);
    first.install();
    first.commit();
    const slots = owner.map('slots');
    {
      using second = owner.stage(small);
      second.install();
      expect(owner.map('slots')).not.toBe(slots);
    }
    expect(owner.map('slots')).toBe(slots);
    expect(owner.store('slots').size).toBe(4);
  });
});
