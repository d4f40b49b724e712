import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ModuleError } from '@twinpath/compiler/run';
import { expect, test } from 'vitest';
import { silent } from '../fixtures/silent.ts';
import type { SlowPathWorker, Tenant } from './slow-path-worker.ts';
import { WorkerPool } from './worker-pool.ts';

const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const descriptors = () => readdirSync('/proc/self/fd').length;

const tenant: Tenant = {
  log: silent,
  place: () => {},
  compile: () => Promise.reject(new Error('there is nothing to compile')),
  collect: () => {},
  answer: () => undefined,
  lost: () => {},
};

/** What the worker says of the function; `lost` comes when its code is not to run any more. */
function open(worker: SlowPathWorker, number: number, use: string) {
  const lost = Promise.withResolvers<readonly [Error, boolean, Promise<unknown>]>();
  worker.admit(number, { ...tenant, lost: (...why) => lost.resolve(why) });
  const instance = { chain: 'c', name: 'one', use: fixture(use), key: 1 };
  const code = { module: fixture(use), floods: false, routes: false };
  const plane = { kind: 'kernel', pins: '/sys/fs/bpf/none' } as const;
  return { spec: worker.call(number, { method: 'open', instance, code, plane }), lost: lost.promise };
}

test('workers are shared by as many as there are, but for those that want one alone, and end when nobody needs them', async () => {
  const pool = new WorkerPool({ seed: 1, shared: 2 });
  // The first thread of a process opens what it keeps.
  const alone = pool.take('own');
  await pool.leave(alone);
  const before = descriptors();
  const taken = (['shared', 'shared', 'shared', 'own', 'shared'] as const).map((kind, number) => {
    const worker = pool.take(kind);
    worker.admit(number, tenant);
    return worker;
  });
  const [first, second, third, own, fourth] = taken;
  expect(pool.size).toBe(3);
  expect(new Set([first, second, own]).size).toBe(3);
  expect([third, fourth]).toEqual([first, second]);
  for (const [number, worker] of taken.entries()) {
    worker.dismiss(number);
    await pool.leave(worker);
  }
  expect(pool.size).toBe(0);
  // Fewer: threads of tests before may end by themselves meanwhile.
  expect(descriptors()).toBeLessThanOrEqual(before);
});

test('a function is told as data, and an error as what it was', async () => {
  const pool = new WorkerPool({ seed: 1 });
  const worker = pool.take('shared');
  await expect(open(worker, 1, 'small.vnf.ts').spec).resolves.toMatchObject({ name: 'small', hasSlowPath: true });
  const error: unknown = await open(worker, 2, 'nothing.vnf.ts').spec.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ModuleError);
  expect(error).toMatchObject({ cause: { code: 'MODULE_NOT_FOUND' } });
  for (const number of [1, 2]) worker.dismiss(number);
  await pool.leave(worker);
});

test.each([
  ['a little at a time', 'growing.vnf.ts'],
  ['in a loop that never ends', 'growing-fast.vnf.ts'],
])(
  'a worker that takes more and more memory %s is lost like one that fails, and told by its budget',
  async (_, use) => {
    const pool = new WorkerPool({ seed: 1, megabytes: 64 });
    const worker = pool.take('own');
    const { spec, lost } = open(worker, 1, use);
    await spec;
    const [error, guilty] = await lost;
    expect(error).toMatchObject({
      code: 'TP_MEMORY',
      message: expect.stringMatching(/takes \d+ MB of memory, and may take 64$/),
    });
    expect(guilty).toBe(true);
    await pool.leave(worker);
    expect(pool.size).toBe(0);
  },
);

test('a worker that makes more than it may hold, and holds little of it, stays', async () => {
  const pool = new WorkerPool({ seed: 1, megabytes: 64 });
  const worker = pool.take('own');
  const { spec, lost } = open(worker, 1, 'wasteful.vnf.ts');
  await spec;
  await expect(Promise.race([lost, delay(1000, 'it stays')])).resolves.toBe('it stays');
  worker.dismiss(1);
  await pool.leave(worker);
});
