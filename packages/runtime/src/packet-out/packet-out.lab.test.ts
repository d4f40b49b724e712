// Ways back in the kernel: each answer on each hook, and packets that are many.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { addAddress, Netlink, openFds, PacketSocket, traceFds, writeSysctl } from '@twinpath/linux';
import { packetFromText, packetView } from '@twinpath/packet';
import { type ChainFunctionSpec, lineChain, type PortSpec } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunningChain } from '../chain/running.ts';
import { startChain } from '../chain/start-chain.ts';
import { ANSWERS, FIRST_PORT, SIDES } from '../fixtures/ask.vnf.ts';
import { silent } from '../fixtures/silent.ts';
import { UdpSink } from '../fixtures/udp-sink.ts';
import { FAR_ADDRESS, NEAR_ADDRESS, Veth } from '../fixtures/veth.ts';
import { takeDown } from '../host/take-down.ts';
import { offloadOf } from './offload.ts';
import { WAYS_BACK } from './ways-back.ts';

const file = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const CHAIN = 'tp-runtime-back';
const stamp = (digit: number): ChainFunctionSpec => ({
  name: `s${digit}`,
  use: file('stamp.vnf.ts'),
  config: { digit },
});
const ASK: ChainFunctionSpec = { name: 'ask', use: file('ask.vnf.ts') };

let veth: Veth;
beforeAll(() => {
  traceFds();
  veth = new Veth('back');
});
afterAll(() => {
  expect(takeDown({ chain: CHAIN }).chains).toEqual([]);
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});

const start = (functions: readonly ChainFunctionSpec[], port: Partial<PortSpec>) =>
  startChain(lineChain(CHAIN, { interface: 'port', namespace: veth.near, ...port }, functions), { log: silent });

describe.each([
  ['native XDP', { hook: 'xdp' }],
  ['generic XDP', { mode: 'generic' }],
  ['tcx', { hook: 'tcx' }],
] as const)('on %s', (_, port) => {
  let chain: RunningChain;
  // Sockets of packets see what enters before tc programs do.
  let sink: UdpSink;
  beforeAll(async () => {
    sink = await UdpSink.open(veth.near, NEAR_ADDRESS, [12, 123, 1223, 12_123]);
    chain = await start([stamp(1), ASK, stamp(3)], port);
  });
  afterAll(async () => {
    await chain.stop();
    await sink[Symbol.asyncDispose]();
  });

  const atHost = () => sink.take();
  const onWire = () =>
    veth
      .takeOut()
      .map((frame) => packetView(frame, { port: 'port', now: 0 }).ip()?.udp())
      .filter((udp) => udp !== undefined)
      .map(({ dport }) => dport);
  const slowPath = async () => {
    const { functions } = await chain.statistics();
    return functions.find(({ name }) => name === 'ask')?.slowPath;
  };

  test.each(WAYS_BACK)('$answer of a packet that goes $side', async ({ answer, side, to, seen }) => {
    const before = await slowPath();
    const sport = FIRST_PORT + ANSWERS.indexOf(answer) + (side === 'in' ? 0 : SIDES);
    veth.takeOut();
    atHost();
    if (side === 'in') veth.sendIn(`ip ${FAR_ADDRESS} > ${NEAR_ADDRESS} / udp ${sport} > 0 / "in"`);
    else veth.sendOut(`ip ${NEAR_ADDRESS} > ${FAR_ADDRESS} / udp ${sport} > 0 / "out"`);
    const [host, wire]: [number[], number[]] = [[], []];
    const take = () => {
      host.push(...atHost());
      wire.push(...onWire());
    };
    const wanted = { host: to === 'host' ? [seen] : [], wire: to === 'wire' ? [seen] : [] };
    if (to !== undefined)
      await vi.waitFor(() => {
        take();
        expect({ host, wire }).toEqual(wanted);
      }, 2000);
    const loops = answer === 'loop' || answer === 'circle' ? 1 : 0;
    await vi.waitFor(async () => expect((await slowPath())?.looped).toBe((before?.looped ?? 0) + loops), 2000);
    await new Promise((resolve) => setTimeout(resolve, 30));
    take();
    expect({ host, wire }).toEqual(wanted);
    expect((await slowPath())?.undelivered).toBe(before?.undelivered);
  });
});

test('functions of one chain whose slow paths share a thread send back each its own', async () => {
  await using sink = await UdpSink.open(veth.near, NEAR_ADDRESS, [222]);
  const names = ['ask', 'again', 'last'];
  await using chain = await start(
    names.map((name) => ({ ...ASK, name })),
    {},
  );
  const sport = FIRST_PORT + ANSWERS.indexOf('resume');
  for (let sent = 0; sent < 20; sent++) veth.sendIn(`ip ${FAR_ADDRESS} > ${NEAR_ADDRESS} / udp ${sport} > 0 / "in"`);
  const arrived: number[] = [];
  await vi.waitFor(() => {
    arrived.push(...sink.take());
    expect(arrived).toEqual(new Array(20).fill(222));
  }, 3000);
  const { functions } = await chain.statistics();
  expect(functions.map(({ slowPath }) => [slowPath.answered.resume, slowPath.undelivered])).toEqual(
    names.map(() => [20, 0]),
  );
});

describe('packets that are many', () => {
  const NEAR_6 = 'fd09::1';
  const FAR_6 = 'fd09::2';
  beforeAll(() => {
    for (const [namespace, link, address] of [
      [veth.near, 'port', NEAR_6],
      [veth.far, 'far', FAR_6],
    ] as const) {
      writeSysctl(`net.ipv6.conf.${link}.disable_ipv6`, 0, namespace);
      writeSysctl(`net.ipv6.conf.${link}.accept_dad`, 0, namespace);
      using netlink = new Netlink(namespace);
      addAddress(netlink, link, `${address}/64`);
    }
  });

  test.each([
    ['out of the host', { hook: 'xdp' }, true, FAR_ADDRESS],
    ['out of the host, answers by tcx', { hook: 'tcx' }, true, FAR_ADDRESS],
    ['into the host by tcx', { hook: 'tcx' }, false, NEAR_ADDRESS],
    ['out of the host over IPv6', { hook: 'tcx' }, true, FAR_6],
    ['into the host over IPv6', { hook: 'tcx' }, false, NEAR_6],
  ] as const)('a TCP transfer %s arrives whole', async (_, port, leaves, address) => {
    await using chain = await start([ASK], port);
    const bytes = 4 << 20;
    const [from, to] = leaves ? [veth.near, veth.far] : [veth.far, veth.near];
    const server = `const h = require('node:crypto').createHash('sha256');
      require('node:net').createServer((s) => { s.on('data', (d) => h.update(d)); s.on('end', () => { console.log(h.digest('hex')); process.exit(); }); })
        .listen(7000, '${address}', () => console.error('ready'));`;
    const client = `const s = require('node:net').connect(7000, '${address}'); s.end(Buffer.alloc(${bytes}, 7));`;
    const script = `ip netns exec ${to} ${process.execPath} -e "${server.replaceAll('\n', ' ')}" & sleep 0.5;
      ip netns exec ${from} ${process.execPath} -e "${client}"; wait`;
    // Not synchronous: this thread wakes the slow path.
    const { stdout } = await promisify(execFile)('sh', ['-c', script], { timeout: 30_000 });
    expect(stdout.trim()).toBe(createHash('sha256').update(Buffer.alloc(bytes, 7)).digest('hex'));
    const { functions } = await chain.statistics();
    expect(functions[0]?.slowPath).toMatchObject({ undelivered: 0, truncated: 0 });
    expect(functions[0]?.slowPath.handedUp).toBeGreaterThan(50);
  });

  test.each([
    ['IPv4', 'udp4', `ip ${FAR_ADDRESS} > ${NEAR_ADDRESS}`, NEAR_ADDRESS],
    ['IPv6', 'udp6', `ip ${FAR_6} > ${NEAR_6}`, NEAR_6],
  ] as const)(
    'UDP datagrams of one send over %s come up together, and arrive one by one',
    async (_, family, ip, address) => {
      await using sink = await UdpSink.open(veth.near, address, [2], family);
      await using chain = await start([ASK], { hook: 'tcx' });
      const sport = FIRST_PORT + ANSWERS.indexOf('resume');
      const macs = `eth ${veth.farMac} > ${veth.nearMac}`;
      const bytes = packetFromText(`${macs} / ${ip} / udp ${sport} > 0 / "${'x'.repeat(5 * 1000 + 100)}"`);
      using socket = new PacketSocket({ link: 'far', namespace: veth.far });
      const batch = socket.batch();
      batch.add({ bytes, mark: 0, priority: 0, offload: offloadOf(bytes, 1000) });
      batch.send((_index, errno) => expect(errno).toBe(0));
      const arrived: number[] = [];
      await vi.waitFor(() => {
        arrived.push(...sink.take());
        expect(arrived).toEqual([2, 2, 2, 2, 2, 2]);
      }, 3000);
      const slowPath = (await chain.statistics()).functions[0]?.slowPath;
      expect(slowPath).toMatchObject({ undelivered: 0, truncated: 0 });
      expect(slowPath?.answered.resume).toBe(1);
    },
  );
});
