import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Engine } from '../engine.ts';
import { createLink, createPort, FarEnd, type PortImage } from '../ports/index.ts';
import { programText } from '../test/program-text.ts';
import { EngineWorker } from './index.ts';

const FRAMES = 256;
const started: EngineWorker[] = [];
afterEach(async () => {
  for (const worker of started.splice(0)) await worker.stop();
});

/** To another port than the one by which it came, and one more in the first byte. */
const stage = (from: number, to: number) => `
  r6 = *(u32 *)(r1 +0)
  r7 = *(u8 *)(r6 +0)
  r7 += 1
  *(u8 *)(r6 +0) = r7
  r2 = *(u32 *)(r1 +12)
  r1 = ${from + to}
  r1 -= r2
  r2 = 0
  call bpf_redirect
  exit`;

/** port 1 ─ worker 0 ─ 10 ═ 20 ─ worker 1 ─ port 2 */
async function pipeline() {
  const engine = new Engine({ bytes: 16 << 20, shared: true, cpus: 2 });
  const workers = await Promise.all([0, 1].map((cpu) => EngineWorker.start(engine, { cpu, pool: { frames: FRAMES } })));
  started.push(...workers);
  const [first, second] = workers;
  if (!first || !second) throw new Error('two workers');
  const port = (number: number, worker: EngineWorker) =>
    createPort(engine, {
      number,
      name: `port ${number}`,
      slot: worker.takeSlot().slot,
      ringSize: 64,
      device: { kind: 'memory' },
    });
  const [left, right] = [port(1, first), port(2, second)];
  const [near, far] = createLink(engine, {
    first: { number: 10, ...first.takeSlot() },
    second: { number: 20, ...second.takeSlot() },
    ringSize: 64,
  });
  await first.configure({ ports: [left, near], program: engine.load(programText(stage(1, 10))).id });
  await second.configure({ ports: [right, far], program: engine.load(programText(stage(2, 20))).id });
  const end = (image: PortImage, worker: EngineWorker) =>
    new FarEnd(engine.memory, worker.pool, image, () => worker.wake());
  return { first, second, left: end(left, first), right: end(right, second) };
}

/** No more at a time than all rings have room for. */
const WINDOW = 32;

async function pass(from: FarEnd, to: FarEnd, frames: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  const arrived: Uint8Array[] = [];
  const deadline = performance.now() + 10_000;
  for (let next = 0; arrived.length < frames.length && performance.now() < deadline; ) {
    for (let frame = frames[next]; frame !== undefined && next - arrived.length < WINDOW; frame = frames[++next])
      if (!from.deliver(frame)) break;
    from.ring();
    if (to.collect((bytes) => arrived.push(bytes.slice())) === 0) await sleep(0);
  }
  return arrived;
}

describe('a pipeline of two workers', () => {
  it('passes frames both ways, each once and in order, through both programs', async () => {
    const { first, second, left, right } = await pipeline();
    const frames = Array.from({ length: 600 }, (_, index) =>
      Uint8Array.from({ length: 60 + (index % 900) }, (_, at) =>
        at === 0 ? 0 : at === 1 ? index & 0xff : index >>> 8,
      ),
    );
    const judged = frames.map((frame) => Uint8Array.from(frame, (byte, at) => (at === 0 ? 2 : byte)));
    expect(await pass(left, right, frames)).toEqual(judged);
    expect(await pass(right, left, frames)).toEqual(judged);
    await first.stop();
    await second.stop();
    for (const worker of [first, second]) {
      expect([...worker.audit().values()].reduce((sum, one) => sum + one, 0)).toBe(FRAMES);
      expect(worker.counters()).toMatchObject({ sent: 1200, lost: 0, aborted: 0 });
    }
  });

  it('wakes the one that sleeps', async () => {
    const { left, right } = await pipeline();
    for (let round = 0; round < 5; round++) {
      await sleep(30);
      const began = performance.now();
      expect(await pass(left, right, [new Uint8Array(60)])).toHaveLength(1);
      // Who nobody wakes sleeps for a second.
      expect(performance.now() - began).toBeLessThan(500);
    }
  });
});
