// A program runs on another CPU all the time that its table is written and that what stands in front of it is made anew.
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { compileFunction, importVnf } from '@twinpath/compiler';
import { frontMap, frontShape } from '@twinpath/compiler/abi';
import { BpfProgram, createMaps } from '@twinpath/ebpf';
import { packetFromText } from '@twinpath/packet';
import { expect, test } from 'vitest';
import { KernelStore } from '../kernel/kernel-store.ts';
import { Front } from './front.ts';
import { arrange } from './layout.ts';
import { WriteGuard } from './write-guard.ts';

const TARGET = { clock: 'kernel', cpus: 2, ports: [], classifiers: new Map(), seed: 1, key: 7 } as const;
/** A program takes microseconds, a thread that is not let run some milliseconds. */
const GRACE_MS = 20;

test('no packet sees an entry that is older than what another has seen, or than what was written before it came', async () => {
  using owned = new DisposableStack();
  const imported = await importVnf(join(import.meta.dirname, 'fixtures/monotonic.vnf.ts'));
  const compiled = compileFunction(imported, { target: TARGET, programs: [{ hook: 'xdp' }], specialise: true });
  const [made] = compiled.programs;
  const plan = compiled.plan.tables.find(({ path }) => path === 'versions')?.maps[0];
  const { versions, seen, written, ...others } = createMaps(compiled.maps, owned);
  if (made === undefined || plan === undefined || versions === undefined || seen === undefined || written === undefined)
    throw new Error('the fixture has a program and two tables');
  const inFront = others[frontMap(plan)];
  if (inFront === undefined) throw new Error('the table has a front');
  const program = owned.use(BpfProgram.load(made.compiled.spec, { maps: { versions, seen, written, ...others } }));
  const memory = new Uint8Array(owned.use(inFront.mapMemory()).buffer);
  const front = new Front(memory, frontShape(plan), GRACE_MS);
  const store = new KernelStore(versions);
  store.guard = new WriteGuard(memory);

  const key = Uint8Array.of(0, 9);
  const value = new Uint8Array(plan.valueSize);
  const { factor } = arrange([key]);
  const frame = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 9 > 9');
  const ends = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./fixtures/run-main.ts', import.meta.url), {
    trackUnmanagedFds: false,
    workerData: { id: program.info().id, frame, ends },
  });
  const over = once(worker, 'exit');
  // Entries that were there last, that were older than one before, and that came after another.
  const counts = () => new Uint32Array(seen.lookup(new Uint8Array(4))?.buffer ?? new ArrayBuffer(12));
  const isEnough = ([, , changes = 0]: Uint32Array) => changes > 1000 && opened > 5;
  let opened = 0;
  for (let n = 1; n % 100 !== 0 || !isEnough(counts()); n++) {
    new DataView(value.buffer).setUint32(0, n, true);
    store.update(key, value, 'any');
    written.update(new Uint8Array(4), value);
    if (front.open(factor, () => [[key, store.lookup(key) ?? value]])) opened++;
    await turn();
  }
  Atomics.store(ends, 0, 1);
  await over;
  const [last, older] = counts();
  expect(older).toBe(0);
  expect(last).toBeGreaterThan(100);
});
