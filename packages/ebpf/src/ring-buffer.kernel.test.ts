import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { openFds, pageSize, traceFds } from '@twinpath/linux';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BpfMap } from './maps/map.ts';
import { assembleProgram } from './programs/from-assembly.ts';
import { BpfProgram } from './programs/program.ts';
import { RingBuffer } from './ring-buffer.ts';

beforeAll(() => traceFds());
afterAll(() => expect(openFds()).toEqual([]));

/** Reserves a record of `length`, writes a running number, and submits it; odd numbers are discarded when asked for. */
const producer = (length: number, discardOdd: boolean) => `
  r6 = map[count][0]+0
  r1 = map[ring]
  r2 = ${length}
  r3 = 0
  call bpf_ringbuf_reserve
  if r0 == 0 goto full
  r7 = *(u64 *)(r6 +0)
  r8 = r7
  r8 += 1
  *(u64 *)(r6 +0) = r8
  *(u64 *)(r0 +0) = r7
  r7 &= ${discardOdd ? 1 : 0}
  r1 = r0
  r2 = 0
  if r7 == 1 goto discard
  call bpf_ringbuf_submit
  r0 = 1
  exit
discard:
  call bpf_ringbuf_discard
  r0 = 2
  exit
full:
  r0 = 0
  exit`;

function setup(length: number, { discardOdd = false, size = pageSize() } = {}) {
  const ring = BpfMap.create({ name: 'ring', type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: size });
  const count = BpfMap.create({ name: 'count', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 });
  const spec = assembleProgram('produce', 'xdp', producer(length, discardOdd));
  const program = BpfProgram.load(spec, { maps: { ring, count } });
  return {
    ring,
    program,
    /** One call for each record: more than one run of a call costs 24 ms (see TestRun.repeat). */
    produce(records = 1) {
      let retval = 0;
      for (let record = 0; record < records; record++) retval = program.testRun({ data: new Uint8Array(64) }).retval;
      return retval;
    },
    [Symbol.dispose]() {
      for (const object of [ring, count, program]) object[Symbol.dispose]();
    },
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

test('records arrive in order and whole, many times around the ring', () => {
  for (const length of [8, 20, 24, 120, 1000]) {
    using kernel = setup(length);
    const seen: number[] = [];
    using ring = new RingBuffer(kernel.ring, (memory, offset, size) => {
      expect(size).toBe(length);
      seen.push(Number(memory.getBigUint64(offset, true)));
    });
    const perRound = 3;
    for (let round = 0; round < 1500; round++) {
      kernel.produce(perRound);
      expect(ring.drain()).toBe(perRound);
    }
    expect(ring.available).toBe(0);
    expect(seen).toEqual(range(0, 1500 * perRound));
  }
});

test('a full ring refuses new records and keeps the old ones', () => {
  using kernel = setup(248);
  const seen: number[] = [];
  using ring = new RingBuffer(kernel.ring, (memory, offset) => seen.push(Number(memory.getBigUint64(offset, true))));
  expect(kernel.produce(100)).toBe(0);
  expect(ring.available).toBeGreaterThan(pageSize() - 512);
  const count = ring.drain();
  expect(seen).toEqual(range(0, count));
  expect(kernel.produce()).toBe(1);
  expect(ring.drain()).toBe(1);
});

test('discarded records are passed over', () => {
  using kernel = setup(16, { discardOdd: true });
  const seen: number[] = [];
  using ring = new RingBuffer(kernel.ring, (memory, offset) => seen.push(Number(memory.getBigUint64(offset, true))));
  kernel.produce(10);
  expect(ring.drain()).toBe(5);
  expect(seen).toEqual([0, 2, 4, 6, 8]);
});

test('a budget leaves the rest for the next time', () => {
  using kernel = setup(8);
  let calls = 0;
  using ring = new RingBuffer(kernel.ring, () => calls++);
  kernel.produce(10);
  expect([ring.drain(4), ring.drain(4), ring.drain(4)]).toEqual([4, 4, 2]);
  expect(calls).toBe(10);
});

test('a second consumer goes on where the first one stopped', () => {
  using kernel = setup(8);
  kernel.produce(5);
  {
    using first = new RingBuffer(kernel.ring, () => {});
    expect(first.drain(3)).toBe(3);
  }
  const seen: number[] = [];
  using second = new RingBuffer(kernel.ring, (memory, offset) => seen.push(Number(memory.getBigUint64(offset, true))));
  expect(second.available).toBe(32);
  second.drain();
  expect(seen).toEqual([3, 4]);
});

test('the event loop delivers what arrives, also when the handler throws or disposes', async () => {
  using kernel = setup(8);
  const seen: number[] = [];
  const thrown: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => thrown.push(error));
  const ring = new RingBuffer(kernel.ring, (memory, offset) => {
    const number = Number(memory.getBigUint64(offset, true));
    seen.push(number);
    if (number === 2) throw new Error('from the handler');
    if (number === 5) ring[Symbol.dispose]();
  });
  ring.start();
  const until = async (count: number) => {
    for (let turns = 0; seen.length < count && turns < 1000; turns++) await turn();
  };
  kernel.produce(2);
  await until(2);
  kernel.produce(3);
  await until(5);
  kernel.produce(3);
  await until(6);
  await turn();
  process.removeAllListeners('uncaughtException');
  for (const listener of listeners) process.on('uncaughtException', listener);
  expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  expect(thrown).toEqual([new Error('from the handler')]);
});

test('nothing is lost or torn while another CPU writes', async () => {
  using kernel = setup(40, { size: 4 * pageSize() });
  const total = 50_000;
  let expected = 0;
  let wrong = 0;
  using ring = new RingBuffer(kernel.ring, (memory, offset) => {
    if (Number(memory.getBigUint64(offset, true)) !== expected) wrong++;
    expected++;
  });
  ring.start();
  const script = `
    import { BpfProgram } from '${import.meta.dirname}/index.ts';
    using program = BpfProgram.fromId(${kernel.program.info().id});
    const data = new Uint8Array(64);
    for (let sent = 0; sent < ${total}; ) sent += program.testRun({ data }).retval;`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  ring.drain();
  expect({ status, expected, wrong }).toEqual({ status: 0, expected: total, wrong: 0 });
});

test('a map of another type is refused', () => {
  using map = BpfMap.create({ name: 'array', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 });
  expect(() => new RingBuffer(map, () => {})).toThrow(/map "array" is no ring buffer/);
});
