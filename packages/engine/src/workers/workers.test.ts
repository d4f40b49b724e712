import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCapture, writePcap } from '@twinpath/packet/pcap';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Engine } from '../engine.ts';
import { createPort, FarEnd, type PortImage } from '../ports/index.ts';
import { programText, words } from '../test/program-text.ts';
import { processorMs, threads } from '../test/threads.ts';
import { EngineWorker } from './index.ts';

const frame = (marker: number, length = 64): Buffer => Buffer.alloc(length, marker);
const REFLECT = 'r0 = 3\nexit';
/** A busy machine is slow. */
const LATE = { timeout: 10_000 };
/** To the other of ports 1 and 2. */
const CROSS = 'r1 = *(u32 *)(r1 +12)\nr2 = r1\nr1 = 3\nr1 -= r2\nr2 = 0\ncall bpf_redirect\nexit';

const started: EngineWorker[] = [];
afterEach(async () => {
  for (const worker of started.splice(0)) await worker.stop();
});

async function start(options: Partial<Parameters<typeof EngineWorker.start>[1]> = {}) {
  const engine = new Engine({ bytes: 16 << 20, shared: true, cpus: 2 });
  const worker = await EngineWorker.start(engine, { cpu: 0, pool: { frames: 256 }, ...options });
  started.push(worker);
  const add = (number: number, ringSize = 64) => {
    const { slot } = worker.takeSlot();
    return createPort(engine, { number, name: `port ${number}`, slot, ringSize, device: { kind: 'memory' } });
  };
  const farEnd = (port: PortImage) => new FarEnd(engine.memory, worker.pool, port);
  return { engine, worker, add, farEnd };
}

/** Copies of what the port sends, until there are so many. */
async function collect(far: FarEnd, count: number): Promise<readonly Uint8Array[]> {
  const frames: Uint8Array[] = [];
  const deadline = performance.now() + 5000;
  while (frames.length < count && performance.now() < deadline) {
    if (far.collect((bytes) => frames.push(Buffer.from(bytes))) === 0) await sleep(1);
  }
  return frames;
}

describe('a worker on memory ports', () => {
  it('sends what a program redirects, byte for byte, and knows where every frame is', async () => {
    const { engine, worker, add, farEnd } = await start();
    const ports = [add(1), add(2)];
    const [left, right] = ports.map(farEnd);
    if (!left || !right) throw new Error('two ports');
    const program = engine.load(programText(CROSS));
    await worker.configure({ ports, program: program.id });
    const sizes = fc.sample(fc.integer({ min: 14, max: left.longest }), 500);
    const frames = sizes.map((size, index) => frame(index, size));
    const arrived: Uint8Array[] = [];
    for (const one of frames) {
      while (!left.deliver(one)) {
        left.ring();
        arrived.push(...(await collect(right, 1)));
      }
    }
    left.ring();
    arrived.push(...(await collect(right, frames.length - arrived.length)));
    expect(arrived).toEqual(frames);
    right.deliver(frame(9));
    right.ring();
    expect(await collect(left, 1)).toEqual([frame(9)]);
    expect(worker.counters()).toMatchObject({ sent: 501, dropped: 0, lost: 0 });
    await worker.stop();
    // What the ports have is what waits in their fill rings, and in what the far ends did not hand back in time.
    const audit = worker.audit();
    expect([...audit.values()].reduce((sum, one) => sum + one, 0)).toBe(256);
    expect([...audit.keys()].sort()).toEqual([0, 1, 2]);
  });

  it('drops, aborts, passes and copies as verdicts say, and its counters add up', async () => {
    const { engine, worker, add, farEnd } = await start();
    const [a, b, host] = [add(1), add(2), add(3)];
    const all = engine.createMap({ name: 'all', type: 'devmap', keySize: 4, valueSize: 4, maxEntries: 4 });
    for (const number of [1, 2, 3]) all.update(words(number), words(number));
    // The first byte says what: a verdict, 5 for a broadcast without the ingress, 6 for a redirect to nowhere.
    const text = `
      r6 = *(u32 *)(r1 +0)
      r0 = *(u8 *)(r6 +0)
      if r0 == 5 goto all
      if r0 == 6 goto nowhere
      exit
    nowhere:
      r1 = 77
      r2 = 0
      call bpf_redirect
      exit
    all:
      r1 = map[all]
      r2 = 0
      r3 = 24
      call bpf_redirect_map
      exit`;
    const program = engine.load(programText(text), { maps: { all } });
    await worker.configure({ ports: [a, b, host], program: program.id, host: 3 });
    const [left, right, stack] = [farEnd(a), farEnd(b), farEnd(host)];
    for (const marker of [0, 1, 2, 3, 5, 6, 99]) left.deliver(frame(marker));
    left.ring();
    expect(await collect(left, 1)).toEqual([frame(3)]);
    expect(await collect(right, 1)).toEqual([frame(5)]);
    expect(await collect(stack, 2)).toEqual([frame(2), frame(5)]);
    await worker.configure({ ports: [a, b, host], program: 0 });
    right.deliver(frame(3));
    right.ring();
    await expect
      .poll(() => worker.counters(), LATE)
      .toEqual({
        sent: 1,
        dropped: 2,
        aborted: 2,
        passed: 1,
        lost: 1,
        broadcast: 1,
        copies: 2,
        uncopied: 0,
        cloned: 0,
      });
  });

  it('takes ports and programs in and out while frames flow, and gets the frames of those that go back', async () => {
    const { engine, worker, add, farEnd } = await start();
    const first = add(1);
    const program = engine.load(programText(REFLECT));
    await worker.configure({ ports: [first], program: program.id });
    const far = farEnd(first);
    for (let round = 0; round < 20; round++) {
      const second = add(2);
      await worker.configure({ ports: [first, second], program: program.id });
      const other = farEnd(second);
      for (const one of [far, other]) {
        one.deliver(frame(round));
        one.ring();
        expect(await collect(one, 1)).toEqual([frame(round)]);
      }
      await worker.configure({ ports: [first], program: program.id });
      await worker.reclaim([second.slot]);
    }
    await worker.stop();
    expect([...worker.audit().keys()].sort()).toEqual([0, 1]);
    await expect(worker.configure({})).rejects.toThrow('has ended');
  });

  it('says what it cannot do, and goes on', async () => {
    const { engine, worker, add, farEnd } = await start();
    const port = add(1);
    await expect(worker.configure({ program: 99 })).rejects.toThrow('no program 99');
    const tc = engine.load(programText('r0 = 0\nexit', 'sched-cls'));
    await expect(worker.configure({ program: tc.id })).rejects.toThrow('ports run XDP programs');
    const program = engine.load(programText(REFLECT));
    await worker.configure({ ports: [port], program: program.id });
    const far = farEnd(port);
    far.deliver(frame(1));
    far.ring();
    expect(await collect(far, 1)).toEqual([frame(1)]);
    expect(() => far.deliver(frame(1, 5000))).toThrow('1792 at most');
  });

  it('hears of traps, and drops their frames', async () => {
    const heard: string[] = [];
    const { engine, worker, add, farEnd } = await start({ onTrap: ({ reason }) => heard.push(reason) });
    const port = add(1);
    const program = engine.load(programText('r0 = *(u64 *)(r1 +4000)\nexit'), { checked: true });
    await worker.configure({ ports: [port], program: program.id });
    const far = farEnd(port);
    far.deliver(frame(1));
    far.ring();
    await expect.poll(() => heard, LATE).toEqual(['access outside of packet, stack, map values and context']);
    expect(worker.counters()).toMatchObject({ aborted: 1 });
  });

  it.runIf(process.platform === 'linux')(
    'stops a program that goes beyond its stack, which nothing has checked',
    async () => {
      const { engine, worker, add, farEnd } = await start();
      const port = add(1);
      const far = farEnd(port);
      // As many bytes below the stack as the first byte says, in units of 8.
      const text = `
      r6 = *(u32 *)(r1 +0)
      r6 = *(u8 *)(r6 +0)
      r6 <<= 3
      r7 = r10
      r7 += -8192
      r7 -= r6
      *(u64 *)(r7 +0) = r6
      r0 = 3
      exit`;
      await worker.configure({ ports: [port], program: engine.load(programText(text)).id });
      for (const marker of [0, 1, 255, 0]) far.deliver(frame(marker));
      far.ring();
      expect(await collect(far, 2)).toEqual([frame(0), frame(0)]);
      await expect.poll(() => worker.counters(), LATE).toMatchObject({ sent: 2, aborted: 2 });
    },
  );

  it.runIf(process.platform === 'linux')('takes less than 2 % of a core while nothing comes', async () => {
    const before = new Set(threads());
    const { worker, add } = await start();
    await worker.configure({ ports: [add(1)] });
    // It has found out that nothing comes.
    await sleep(100);
    const own = threads().filter((thread) => !before.has(thread));
    const [began, used] = [performance.now(), processorMs(own)];
    await sleep(700);
    expect(own).not.toEqual([]);
    expect(processorMs(own) - used).toBeLessThan(0.02 * (performance.now() - began));
  });
});

describe('a worker on capture files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tp-engine-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('plays one and writes another, with the distances of the first', async () => {
    const { engine, worker } = await start();
    const [input, output] = [join(folder, 'in.pcap'), join(folder, 'out.pcap')];
    const millisecond = 1_000_000n;
    const packets = [0n, 100n, 300n].map((ms, index) => ({ bytes: frame(index), time: ms * millisecond }));
    writeFileSync(input, writePcap(packets));
    const program = engine.load(programText(REFLECT));
    const capture = { input, output, timing: 'original' } as const;
    const port = createPort(engine, {
      number: 1,
      name: 'file',
      ...worker.takeSlot(),
      device: { kind: 'capture', capture },
    });
    await worker.configure({ ports: [port], program: program.id });
    await expect.poll(() => worker.counters().sent, LATE).toBe(3);
    await worker.stop();
    const written = [...readCapture(readFileSync(output))];
    expect(written.map(({ bytes }) => bytes)).toEqual(packets.map(({ bytes }) => bytes));
    const [first, , last] = written.map(({ time }) => time ?? 0n);
    expect(Number((last ?? 0n) - (first ?? 0n))).toBeGreaterThan(150e6);
  });
});
