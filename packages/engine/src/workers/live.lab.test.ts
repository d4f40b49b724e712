import { readdirSync, readFileSync } from 'node:fs';
import {
  createNamespace,
  createVeth,
  deleteNamespace,
  getLink,
  inNamespace,
  Netlink,
  openFds,
  PacketSocket,
  setLink,
  setOffload,
  traceFds,
  writeSysctl,
} from '@twinpath/linux';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../engine.ts';
import { createPort, type PortImage, readPortCounters } from '../ports/index.ts';
import { XdpInterface } from '../ports/live/index.ts';
import { programText, words } from '../test/program-text.ts';
import { processorMs, threads } from '../test/threads.ts';
import { EngineWorker } from './index.ts';

const inside = 'tp-engine-in';
const outside = 'tp-engine-out';

/** An experimental Ethertype, a number, and bytes that follow from it. */
function frame(number: number): Buffer {
  const bytes = Buffer.alloc(60 + (number % 1400), number % 251);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
  bytes.writeUInt32BE(number, 14);
  return bytes;
}

const REFLECT = 'r0 = 3\nexit';
/** To the port that the number of the ingress port leads to. */
const FORWARD = `
  r2 = *(u32 *)(r1 +12)
  r1 = map[next]
  r3 = 1
  call bpf_redirect_map
  exit`;

beforeAll(() => {
  traceFds();
  for (const namespace of [inside, outside]) {
    createNamespace(namespace);
    writeSysctl('net.ipv6.conf.default.disable_ipv6', 1, namespace);
  }
  using netlink = new Netlink(inside);
  using far = new Netlink(outside);
  for (const [name, queues] of [
    ['a', 1],
    ['b', 1],
    ['c', 2],
  ] as const) {
    createVeth(netlink, { name, queues, peer: { name, queues, namespace: outside } });
    setLink(netlink, name, { up: true });
    setLink(far, name, { up: true });
    inNamespace(outside, () => setOffload(name, 'tx-checksum', false));
  }
});
afterAll(() => {
  for (const namespace of [inside, outside]) deleteNamespace(namespace);
  expect(openFds()).toEqual([]);
});

const resources: (Disposable | AsyncDisposable)[] = [];
const keep = <T extends Disposable | AsyncDisposable>(resource: T): T => {
  resources.push(resource);
  return resource;
};
afterEach(async () => {
  // Interfaces are closed under nobody's hands, and memory is given back when the kernel has none of it.
  for (const one of resources) if (one instanceof EngineWorker) await one.stop();
  for (const one of resources.splice(0).reverse()) {
    if (Symbol.asyncDispose in one) await one[Symbol.asyncDispose]();
    else one[Symbol.dispose]();
  }
});

async function start(workers = 1, frames = 2048) {
  const engine = new Engine({ bytes: 32 << 20, shared: true, cpus: workers });
  const all: EngineWorker[] = [];
  for (let cpu = 0; cpu < workers; cpu++) all.push(keep(await EngineWorker.start(engine, { cpu, pool: { frames } })));
  const [worker] = all;
  if (worker === undefined) throw new Error('one worker at least');
  return { engine, worker, workers: all };
}

const socketOn = (link: string) =>
  keep(new PacketSocket({ link, namespace: outside, receive: 'incoming', receiveBufferSize: 8 << 20 }));

/** Frames of our kind that have come, until there are so many or none comes any more. */
function receive(socket: PacketSocket, count: number): Buffer[] {
  const frames: Buffer[] = [];
  while (frames.length < count) {
    const bytes = socket.receive(1000);
    if (bytes === undefined) break;
    if (bytes[12] === 0x88 && bytes[13] === 0xb5) frames.push(Buffer.from(bytes));
  }
  return frames;
}

/** All, in order, byte for byte; told by their numbers. */
function expectSame(found: readonly Buffer[], wanted: readonly Buffer[]): void {
  const number = (one: Buffer) => one.readUInt32BE(14);
  expect(found.map(number)).toEqual(wanted.map(number));
  expect(found.every((one, index) => one.equals(wanted[index] ?? Buffer.alloc(0)))).toBe(true);
}

/** No frame is lost: what is not free waits in fill rings to be received into. */
function expectNoLoss(engine: Engine, worker: EngineWorker, ports: readonly PortImage[], frames: number): void {
  const audit = worker.audit();
  expect([...audit.values()].reduce((sum, one) => sum + one, 0)).toBe(frames);
  for (const port of ports) {
    const { received, sent, completed, filled } = readPortCounters(engine.memory, port);
    expect(completed).toBe(sent);
    expect(audit.get(port.slot) ?? 0).toBe(filled - received);
  }
  const slots = ports.map(({ slot }) => slot);
  expect([...audit.keys()].filter((holder) => holder !== 0 && !slots.includes(holder))).toEqual([]);
}

describe('AF_XDP ports', () => {
  it('reflect every frame as it came', async () => {
    const { engine, worker } = await start();
    const opened = keep(
      new XdpInterface(engine, { link: 'a', namespace: inside, queues: [worker.takeSlot()], ringSize: 512 }),
    );
    const program = engine.load(programText(REFLECT));
    await worker.configure({ ports: opened.ports, program: program.id });
    const socket = socketOn('a');
    const frames = Array.from({ length: 5000 }, (_, index) => frame(index));
    const back: Buffer[] = [];
    for (let at = 0; at < frames.length; at += 100) {
      expect(socket.sendBatch(frames.slice(at, at + 100))).toBe(100);
      back.push(...receive(socket, 100));
    }
    expectSame(back, frames);
    expect(opened.statistics()).toMatchObject([{ rxDropped: 0, rxRingFull: 0, txInvalidDescriptors: 0 }]);
    expect(worker.counters()).toMatchObject({ sent: 5000, lost: 0, aborted: 0 });
    await worker.stop();
    expectNoLoss(engine, worker, opened.ports, 2048);
    expect(worker.audit().get(opened.ports[0]?.slot ?? 0)).toBeLessThanOrEqual(512);
  });

  it('forward between interfaces in place, over packet memory that they share', async () => {
    const { engine, worker } = await start();
    const open = (link: string) =>
      keep(new XdpInterface(engine, { link, namespace: inside, queues: [worker.takeSlot()], ringSize: 512 }));
    const [a, b] = [open('a'), open('b')];
    const next = engine.createMap({ name: 'next', type: 'devmap-hash', keySize: 4, valueSize: 4, maxEntries: 8 });
    next.update(words(a.ifindex), words(b.ifindex));
    next.update(words(b.ifindex), words(a.ifindex));
    const program = engine.load(programText(FORWARD), { maps: { next } });
    const ports = [...a.ports, ...b.ports];
    await worker.configure({ ports, program: program.id });
    const [left, right] = [socketOn('a'), socketOn('b')];
    for (let at = 0; at < 2000; at += 100) {
      const there = Array.from({ length: 100 }, (_, index) => frame(at + index));
      const back = Array.from({ length: 100 }, (_, index) => frame(10_000 + at + index));
      left.sendBatch(there);
      right.sendBatch(back);
      expectSame(receive(right, 100), there);
      expectSame(receive(left, 100), back);
    }
    // One goes while the other stays, and comes again.
    await worker.configure({ ports: a.ports, program: program.id });
    b[Symbol.dispose]();
    await worker.reclaim(b.ports.map(({ slot }) => slot));
    const again = open('b');
    await worker.configure({ ports: [...a.ports, ...again.ports], program: program.id });
    left.sendBatch([frame(1)]);
    expectSame(receive(right, 1), [frame(1)]);
    await worker.stop();
    expectNoLoss(engine, worker, [...a.ports, ...again.ports], 2048);
  });

  it('share the queues of an interface between workers', async () => {
    const { engine, workers } = await start(2);
    const queues = workers.map((worker) => worker.takeSlot());
    const opened = keep(new XdpInterface(engine, { link: 'c', namespace: inside, queues, ringSize: 512 }));
    const program = engine.load(programText(REFLECT));
    for (const [index, worker] of workers.entries()) {
      await worker.configure({ ports: opened.ports.slice(index, index + 1), program: program.id });
    }
    const socket = socketOn('c');
    const frames = Array.from({ length: 200 }, (_, index) => frame(index));
    socket.sendBatch(frames);
    const back = receive(socket, 200).map((bytes) => bytes.readUInt32BE(14));
    expect(back.sort((x, y) => x - y)).toEqual(frames.map((_, index) => index));
    const sent = workers.map((worker) => worker.counters().sent);
    expect(sent.reduce((sum, one) => sum + one, 0)).toBe(200);
  });

  it('outlive a worker that died: another takes the queue', async () => {
    const { engine, worker } = await start(2);
    using opened = new XdpInterface(engine, { link: 'a', namespace: inside, queues: [worker.takeSlot()] });
    await worker.configure({ ports: opened.ports });
    const { holders, frames } = worker.pool;
    // Whatever went wrong: frames are not where they have to be.
    engine.memory.bytes.fill(200, holders, holders + frames);
    const socket = socketOn('a');
    socket.sendBatch([frame(1)]);
    await expect.poll(() => worker.failure?.message, { timeout: 10_000 }).toContain('should be held by');
    opened[Symbol.dispose]();
    const next = keep(await EngineWorker.start(engine, { cpu: 1, pool: { frames: 256 } }));
    const again = keep(new XdpInterface(engine, { link: 'a', namespace: inside, queues: [next.takeSlot()] }));
    const program = engine.load(programText(REFLECT));
    await next.configure({ ports: again.ports, program: program.id });
    socket.sendBatch([frame(2)]);
    expectSame(receive(socket, 1), [frame(2)]);
  });

  it('have the program in the driver, and say what the kernel cannot do', async () => {
    const { engine, worker } = await start();
    const open = (more = {}) =>
      new XdpInterface(engine, { link: 'a', namespace: inside, queues: [worker.takeSlot()], ...more });
    const free = engine.available;
    {
      using opened = open();
      using netlink = new Netlink(inside);
      expect(getLink(netlink, 'a').xdp?.mode).toBe('native');
      expect(opened.zeroCopy).toBe(false);
      expect(() => open()).toThrow(/interface a, queue 0.*EINVAL/);
    }
    expect(() => open({ copy: 'zero-copy' })).toThrow(/EOPNOTSUPP/);
    // Nothing of those that could not be opened is left.
    expect(engine.available).toBe(free);
  });
});

describe.each(['packet', 'tap'] as const)('a %s port', (kind) => {
  it('sends what comes from another, and the other way round', async () => {
    const { engine, worker } = await start();
    const port = (number: number, device: PortImage['device']) =>
      createPort(engine, { number, name: `port ${number}`, ...worker.takeSlot(), ringSize: 256, device });
    const host = { kind: 'tap', name: 'tp-host', namespace: outside } as const;
    const ports = [
      port(1, { kind: 'packet', link: 'a', namespace: inside }),
      port(2, kind === 'tap' ? host : { kind: 'packet', link: 'b', namespace: inside }),
    ];
    const next = engine.createMap({ name: 'next', type: 'devmap', keySize: 4, valueSize: 4, maxEntries: 4 });
    next.update(words(1), words(2));
    next.update(words(2), words(1));
    const program = engine.load(programText(FORWARD), { maps: { next } });
    await worker.configure({ ports, program: program.id });
    if (kind === 'tap') {
      using netlink = new Netlink(outside);
      setLink(netlink, 'tp-host', { up: true });
    }
    const [left, right] = [socketOn('a'), socketOn(kind === 'tap' ? 'tp-host' : 'b')];
    const frames = Array.from({ length: 50 }, (_, index) => frame(index));
    left.sendBatch(frames);
    expectSame(receive(right, 50), frames);
    right.sendBatch(frames);
    expectSame(receive(left, 50), frames);
    await worker.stop();
    expectNoLoss(engine, worker, ports, 2048);
  });
});

it('a worker that is pinned stays on its CPU', async () => {
  const engine = new Engine({ bytes: 32 << 20, shared: true });
  const pinned = () =>
    readdirSync('/proc/self/task').filter((thread) =>
      /^Cpus_allowed_list:\t0$/m.test(readFileSync(`/proc/self/task/${thread}/status`, 'utf8')),
    );
  expect(pinned()).toEqual([]);
  const worker = keep(await EngineWorker.start(engine, { cpu: 0, poll: { pin: 0, busy: true } }));
  await worker.configure({});
  expect(pinned()).toHaveLength(1);
});

it('an idle worker on an AF_XDP port takes less than 2 % of a core', async () => {
  const others = new Set(threads());
  const { engine, worker } = await start();
  const opened = keep(new XdpInterface(engine, { link: 'a', namespace: inside, queues: [worker.takeSlot()] }));
  await worker.configure({ ports: opened.ports });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const own = threads().filter((thread) => !others.has(thread));
  const [began, used] = [performance.now(), processorMs(own)];
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(own).not.toEqual([]);
  expect(processorMs(own) - used).toBeLessThan(0.02 * (performance.now() - began));
  // And hears at once: nobody wakes it by itself for a second.
  const asked = performance.now();
  for (let time = 0; time < 3; time++) {
    await worker.configure({ ports: opened.ports });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(performance.now() - asked).toBeLessThan(1000);
});
