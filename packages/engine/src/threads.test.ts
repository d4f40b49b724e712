import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Engine } from './engine.ts';
import { runTimeAt } from './engine-program.ts';
import { HEADER } from './maps/shape.ts';
import { STATE } from './memory/cpu-state.ts';
import { contextLayout } from './memory/frame-context.ts';
import { programText, words } from './test/program-text.ts';

const ROUNDS = 20_000;

describe('threads over one memory', () => {
  it('count atomically, each on its CPU, in tables whose changes do not tear', async () => {
    const engine = new Engine({ bytes: 4 << 20, shared: true, cpus: 2 });
    const counts = engine.createMap({ name: 'counts', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 });
    const own = engine.createMap({ name: 'own', type: 'percpu-array', keySize: 4, valueSize: 8, maxEntries: 1 });
    const flows = engine.createMap({ name: 'flows', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 64 });
    // Each round puts a random key in or takes it out.
    const text = `
      r6 = map[counts][0]+0
      r1 = 1
      lock *(u64 *)(r6 +0) += r1
      *(u32 *)(r10 -4) = 0
      r1 = map[own]
      r2 = r10
      r2 += -4
      call bpf_map_lookup_elem
      if r0 == 0 goto out
      r1 = *(u64 *)(r0 +0)
      r1 += 1
      *(u64 *)(r0 +0) = r1
      call bpf_get_prandom_u32
      r7 = r0
      r0 &= 63
      *(u32 *)(r10 -4) = r0
      *(u64 *)(r10 -16) = r0
      r1 = map[flows]
      r2 = r10
      r2 += -4
      r7 &= 64
      if r7 == 0 goto remove
      r3 = r10
      r3 += -16
      r4 = 0
      call bpf_map_update_elem
      goto out
    remove:
      call bpf_map_delete_elem
    out:
      call bpf_get_smp_processor_id
      exit`;
    engine.load(programText(text), { maps: { counts, own, flows } });
    const { stride } = contextLayout.xdp;
    const contexts = engine.allocate(2 * stride, 'contexts');
    const workers = [0, 1].map((cpu) => {
      const workerData = { image: engine.image(), cpu, context: contexts + cpu * stride, rounds: ROUNDS };
      return new Worker(new URL('./test/cpu-main.ts', import.meta.url), { workerData });
    });
    const verdicts = await Promise.all(workers.map((worker) => once(worker, 'message')));
    expect(verdicts.flat()).toEqual([0, 1]);
    expect(counts.lookup(words(0))).toEqual(words(2 * ROUNDS, 0));
    expect(own.lookupPerCpu(words(0))).toEqual([words(ROUNDS, 0), words(ROUNDS, 0)]);
    const entries = [...flows.entries()];
    expect(flows.size).toBe(entries.length);
    for (const [key, value] of entries) {
      expect(value.subarray(0, 4)).toEqual(key);
      expect(flows.lookup(key)).toEqual(value);
      expect(flows.delete(key)).toBe(true);
    }
    expect(flows.size).toBe(0);
  });

  it('catch up with an image: what is new comes, what is gone goes', () => {
    const engine = new Engine({ bytes: 1 << 20, shared: true, cpus: 1 });
    const first = engine.load(programText('r0 = 1\nexit'));
    const other = Engine.join(engine.image());
    expect(other.programs().map(({ id }) => id)).toEqual([first.id]);
    first[Symbol.dispose]();
    const map = engine.createMap({ name: 'map', type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 });
    engine.load(programText('r0 = 2\nexit', 'xdp', 'second'), { maps: { map } });
    other.adopt(engine.image());
    expect(other.programs().map(({ name }) => name)).toEqual(['second']);
    expect(other.maps().map(({ name }) => name)).toEqual(['map']);
    expect(() => other.createMap(map.spec)).toThrow('only the thread that made the engine');
    expect(() => other.load(programText('r0 = 3\nexit'))).toThrow('loads programs');
  });

  it('work on maps from a seat of their own, and hold nothing up when they are gone', () => {
    const engine = new Engine({ bytes: 2 << 20, shared: true, cpus: 1 });
    const made = (['hash', 'lpm-trie'] as const).map((type) =>
      engine.createMap({ name: type, type, keySize: 8, valueSize: 4, maxEntries: 8 }),
    );
    const seat = engine.createSeat();
    const { available } = engine;
    const other = Engine.join({ ...engine.image(), maps: [] }, { seat });
    for (const map of made) {
      const opened = other.openMap(map.image);
      opened.update(words(32, 7), words(1));
      expect(map.lookup(words(32, 7))).toEqual(words(1));
      expect(other.openMap(map.image)).toBe(opened);
      // It ends while it holds the map's lock.
      const lock = map.geometry.base + HEADER.lock;
      other.memory.setU32(lock, 1);
      other.memory.setU32(seat.address + STATE.mapLock, lock);
      engine.freeSeat(seat);
      map.update(words(32, 8), words(2));
      expect(engine.createSeat()).toEqual(seat);
      opened[Symbol.dispose]();
      expect(() => opened.lookup(words(32, 7))).toThrow('was released');
    }
    expect(engine.available).toBe(available);
  });

  it('see together how long programs run', () => {
    const engine = new Engine({ bytes: 2 << 20, shared: true, cpus: 2 });
    const program = engine.load(programText('r0 = 1\nexit'), { measured: true });
    const contexts = engine.allocate(2 * contextLayout.xdp.stride, 'contexts');
    for (const cpu of [0, 1]) Engine.join(engine.image(), { cpu }).program(program.id)?.run(contexts, 2);
    expect(program.runTime.runs).toBe(4);
    expect(program.runTime.ns).toBeGreaterThan(0);
    expect(runTimeAt(engine, program.times)).toEqual(program.runTime);
  });
});
