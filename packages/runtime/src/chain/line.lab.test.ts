// Transparent functions one behind the other on one port, and how their chain changes while packets flow.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openFds, traceFds } from '@twinpath/linux';
import { packetView } from '@twinpath/packet';
import { type ChainFunctionSpec, type ChainSpec, lineChain, type PortSpec } from '@twinpath/vnf/chain';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { silent } from '../fixtures/silent.ts';
import { UdpSink } from '../fixtures/udp-sink.ts';
import { NEAR_ADDRESS, Veth } from '../fixtures/veth.ts';
import { ourLinks } from '../host/links.ts';
import { pinDirectory } from '../host/paths.ts';
import { takeDown } from '../host/take-down.ts';
import type { RunningChain } from './running.ts';
import { startChain } from './start-chain.ts';

const file = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const CHAIN = 'tp-runtime-line';

let veth: Veth;
beforeAll(() => {
  traceFds();
  veth = new Veth('line');
});
afterAll(() => {
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});
afterEach(() => {
  const left = takeDown({ chain: CHAIN });
  expect(left.chains).toEqual([]);
  veth.takeIn();
  veth.takeOut();
});

const stamp = (digit: number, config: object = {}): ChainFunctionSpec => ({
  name: `s${digit}`,
  use: file('stamp.vnf.ts'),
  config: { digit, ...config },
});
const specOf = (functions: readonly ChainFunctionSpec[], port: Partial<PortSpec> = {}): ChainSpec =>
  lineChain(CHAIN, { interface: 'port', namespace: veth.near, hook: 'xdp', ...port }, functions);
const start = (functions: readonly ChainFunctionSpec[], port: Partial<PortSpec> = {}) =>
  startChain(specOf(functions, port), { log: silent });

/** Destination ports of what has come: the digits of who saw it. */
async function digits(take: () => Uint8Array[]): Promise<readonly number[]> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return take().map((frame) => packetView(frame, { port: 'port', now: 0 }).ip()?.udp()?.dport ?? -1);
}
/** To nobody, so that no host answers. */
const inward = (sport = 5, to = '10.9.0.50') => veth.sendIn(`ip 10.9.0.2 > ${to} / udp ${sport} > 0 / "in"`);
const outward = (sport = 5) => veth.sendOut(`ip 10.9.0.1 > 10.9.0.60 / udp ${sport} > 0 / "out"`);
const seenBy = async (chain: RunningChain) =>
  (await chain.statistics()).functions.map(({ name, counters }) => [name, counters.seen]);

describe.each([
  ['native XDP', { hook: 'xdp' }],
  ['generic XDP', { mode: 'generic' }],
  ['tcx', { hook: 'tcx' }],
] as const)('on %s', (_, port) => {
  // Sockets of packets see what enters before tc programs do.
  let sink: UdpSink;
  beforeAll(async () => {
    sink = await UdpSink.open(veth.near, NEAR_ADDRESS, [12, 123]);
  });
  afterAll(() => sink[Symbol.asyncDispose]());
  const arrived = async (count: number) => {
    const ports: number[] = [];
    await vi.waitFor(() => expect(ports.push(...sink.take())).toBeGreaterThanOrEqual(count), 2000);
    return ports;
  };

  test('packets that enter meet functions in order, and those that leave the other way round', async () => {
    await using chain = await start([stamp(1), stamp(2), stamp(3)], port);
    inward(5, NEAR_ADDRESS);
    expect(await arrived(1)).toEqual([123]);
    outward();
    expect(await digits(() => veth.takeOut())).toEqual([321]);
    expect(await seenBy(chain)).toEqual([
      ['s1', 2],
      ['s2', 2],
      ['s3', 2],
    ]);
  });

  test('a packet that ends at a function is not seen by those behind', async () => {
    await using chain = await start([stamp(1), stamp(2, { ends: 9, as: 'stack' }), stamp(3, { ends: 8 })], port);
    for (const sport of [9, 8, 5]) inward(sport, NEAR_ADDRESS);
    expect(await arrived(2)).toEqual([12, 123]);
    for (const sport of [9, 8, 5]) outward(sport);
    expect(await digits(() => veth.takeOut())).toEqual([32, 321]);
    expect(await seenBy(chain)).toEqual([
      ['s1', 4],
      ['s2', 5],
      ['s3', 5],
    ]);
  });

  test('a packet that is bounced leaves through the functions before', async () => {
    await using chain = await start([stamp(1), stamp(2), stamp(3, { ends: 9, as: 'bounce' })], port);
    inward(9);
    expect(await digits(() => veth.takeOut())).toEqual([12_321]);
    expect(await seenBy(chain)).toEqual([
      ['s1', 2],
      ['s2', 2],
      ['s3', 1],
    ]);
  });

  test('a packet that the first function bounces meets none of those behind', async () => {
    await using chain = await start([stamp(1, { ends: 9, as: 'bounce' }), stamp(2)], port);
    inward(9);
    expect(await digits(() => veth.takeOut())).toEqual([1]);
    expect((await seenBy(chain))[1]).toEqual(['s2', 0]);
  });
});

test('33 functions are in one path', async () => {
  const names = Array.from({ length: 33 }, (_, number) => ({ ...stamp(number % 10), name: `f${number}` }));
  await using chain = await start(names);
  inward();
  expect(await digits(() => veth.takeIn())).toHaveLength(1);
  expect((await seenBy(chain)).every(([, seen]) => seen === 1)).toBe(true);
  await expect(chain.change(specOf([...names, stamp(1)]))).rejects.toThrow(
    `chain ${CHAIN}: a packet at port port can meet 34 functions, one behind the other`,
  );
  outward();
  expect(await digits(() => veth.takeOut())).toHaveLength(1);
});

describe('a change', () => {
  test('of the order, an insertion, a removal and another configuration are seen at once', async () => {
    await using chain = await start([stamp(1), stamp(2)]);
    const orders = [[2, 1], [2, 3, 1], [1, 2, 3], [3], [4, 3, 5]];
    for (const order of orders) {
      await chain.change(specOf(order.map((digit) => stamp(digit))));
      inward();
      expect(await digits(() => veth.takeIn())).toEqual([Number(order.join(''))]);
      outward();
      expect(await digits(() => veth.takeOut())).toEqual([Number([...order].reverse().join(''))]);
    }
    await chain.change(specOf([stamp(4), { ...stamp(3), config: { digit: 7 } }, stamp(5)]));
    inward();
    expect(await digits(() => veth.takeIn())).toEqual([475]);
    expect(chain.spec.functions.map(({ name }) => name)).toEqual(['s4', 's3', 's5']);
    // Counted since it came: it stayed through all of it.
    expect((await seenBy(chain))[1]).toEqual(['s3', 9]);
  });

  test('that fails anywhere leaves the chain as it was', async () => {
    await using chain = await start([stamp(1), stamp(2)]);
    const wrong: readonly ChainFunctionSpec[][] = [
      [stamp(3), stamp(1, { digit: 77 })],
      [stamp(1, { digit: 8 }), stamp(3), { name: 's4', use: file('nothing.vnf.ts') }],
      [stamp(3), { name: 'small', use: file('small.vnf.ts'), config: { fail: 'slow path' } }],
      [{ name: 's2', use: file('small.vnf.ts'), config: { fail: 'slow path' } }, stamp(1)],
      [],
    ];
    const before = ourLinks();
    for (const functions of wrong) {
      await expect(chain.change(specOf(functions))).rejects.toThrow();
      inward();
      expect(await digits(() => veth.takeIn())).toEqual([12]);
      outward();
      expect(await digits(() => veth.takeOut())).toEqual([21]);
    }
    expect(ourLinks()).toEqual(before);
    expect(chain.spec).toEqual(specOf([stamp(1), stamp(2)]));
    await chain.change(specOf([stamp(2), stamp(1)]));
    inward();
    expect(await digits(() => veth.takeIn())).toEqual([21]);
  });

  test('to another function of one name takes its place alone', async () => {
    await using chain = await start([stamp(1), stamp(2), stamp(3)]);
    await chain.change(specOf([stamp(1), { name: 's2', use: file('small.vnf.ts') }, stamp(3)]));
    inward();
    expect(await digits(() => veth.takeIn())).toEqual([13]);
    outward();
    expect(await digits(() => veth.takeOut())).toEqual([31]);
    expect((await chain.statistics()).functions.map(({ packets }) => packets)).toEqual([2, 1, 2]);
  });

  test('of the order under load loses no packet, and none sees half of it', async () => {
    const witness = { name: 'witness', use: file('witness.vnf.ts') };
    const order = (...of: readonly number[]) => specOf([...of.map((digit) => stamp(digit)), witness]);
    await using chain = await startChain(order(1, 2), { log: silent });
    const lost = veth.lostOnTheWire();
    const end = blast();
    const orders = [[2, 1], [1, 3, 2], [3], [1, 2]];
    await vi.waitFor(async () => expect((await portsSeen(chain)).size).toBe(1), 5000);
    for (const digits of [...orders, ...orders]) await chain.change(order(...digits));
    const sent = await end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const seen = await portsSeen(chain);
    const arrived = [...seen.values()].reduce((sum, packets) => sum + packets, 0);
    // The wire's own queue is in front of the chain.
    expect(arrived + veth.lostOnTheWire() - lost).toBe(sent);
    expect([...seen.keys()].sort()).toEqual([12, 132, 21, 3]);
  });
});

test('two chains share an instance, which lives as long as either', async () => {
  using other = new Veth('line-2');
  const share = { name: 'shared', share: `${CHAIN}/s1` };
  const second = lineChain(`${CHAIN}-2`, { interface: 'port', namespace: other.near, hook: 'xdp' }, [stamp(2), share]);
  const refused = await startChain(second, { log: silent }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ message: `chain ${CHAIN}-2: there is no function ${CHAIN}/s1 to share` });
  const first = await start([stamp(1), stamp(3)]);
  await using chain = await startChain(second, { log: silent });
  inward();
  other.sendIn('ip 10.9.0.2 > 10.9.0.50 / udp 5 > 0 / "in"');
  expect(await digits(() => veth.takeIn())).toEqual([13]);
  expect(await digits(() => other.takeIn())).toEqual([21]);
  expect((await seenBy(chain))[1]).toEqual(['s1', 2]);
  await first.stop();
  other.sendIn('ip 10.9.0.2 > 10.9.0.50 / udp 5 > 0 / "in"');
  expect(await digits(() => other.takeIn())).toEqual([21]);
  expect((await seenBy(chain))[1]).toEqual(['s1', 3]);
});

/** Packets into the port until it is called: how many. */
function blast(): () => Promise<number> {
  const text = `eth ${veth.farMac} > ${veth.nearMac} / ip 10.9.0.2 > 10.9.0.50 / udp 7 > 0`;
  const child = spawn(process.execPath, [file('blast-main.ts'), veth.far, 'far', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (bytes) => {
    said += String(bytes);
  });
  return async () => {
    child.kill();
    await once(child, 'close');
    return Number(said);
  };
}

/** What the last function of the chain has counted. */
async function portsSeen(chain: RunningChain): Promise<ReadonlyMap<number, number>> {
  const entries = (await chain.functions.at(-1)?.entries('seen')) ?? [];
  const counts = entries.map(([key, value]): [number, number] => [Object(key).port, Object(value).packets]);
  const seen = new Map<number, number>();
  for (const [port, packets] of counts) seen.set(port, (seen.get(port) ?? 0) + packets);
  return seen;
}

test('a chain keeps nothing of functions that left it', async () => {
  await using chain = await start([stamp(1), stamp(2)]);
  const descriptors = openFds().length;
  await chain.change(specOf([stamp(3), stamp(1)]));
  await chain.change(specOf([stamp(1), stamp(2)]));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(openFds()).toHaveLength(descriptors);
  expect(pinDirectory(CHAIN)).toContain(CHAIN);
});
