// Chains in the engine on interfaces of this machine.

import {
  addAddress,
  addNeighbour,
  createVeth,
  deleteLink,
  getLink,
  listLinks,
  Netlink,
  openFds,
  PacketSocket,
  setLink,
  traceFds,
} from '@twinpath/linux';
import { packetFromText, packetView, textOf } from '@twinpath/packet';
import { type ChainFunctionSpec, type ChainSpec, lineChain } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ANSWERS, FIRST_PORT, SIDES } from '../fixtures/ask.vnf.ts';
import { silent } from '../fixtures/silent.ts';
import { UdpSink } from '../fixtures/udp-sink.ts';
import { FAR_ADDRESS, NEAR_ADDRESS, Veth } from '../fixtures/veth.ts';
import { WAYS_BACK } from '../packet-out/ways-back.ts';
import { type LiveEngineChain, startEngineChain } from './start-engine-chain.ts';

const file = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const stamp = (digit: number): ChainFunctionSpec => ({
  name: `s${digit}`,
  use: file('stamp.vnf.ts'),
  config: { digit },
});
const ASK: ChainFunctionSpec = { name: 'ask', use: file('ask.vnf.ts') };

let veth: Veth;
beforeAll(() => {
  traceFds();
  veth = new Veth('engine');
});
afterAll(() => {
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});

describe('on AF_XDP', () => {
  let chain: LiveEngineChain;
  let sink: UdpSink;
  beforeAll(async () => {
    sink = await UdpSink.open(veth.near, NEAR_ADDRESS, [12, 123, 1223, 12_123]);
    const port = { interface: 'port', namespace: veth.near };
    chain = await startEngineChain(lineChain('tp-live', port, [stamp(1), ASK, stamp(3)]), { log: silent });
  });
  afterAll(async () => {
    await chain.stop();
    await sink[Symbol.asyncDispose]();
    expect(
      listLinks(veth.netlink)
        .map(({ name }) => name)
        .filter((name) => name.startsWith('tp-')),
    ).toEqual([]);
    expect(getLink(veth.netlink, 'port').xdp).toBeUndefined();
  });

  const onWire = () =>
    veth
      .takeOut()
      .map((frame) => packetView(frame, { port: 'port', now: 0 }).ip()?.udp()?.dport)
      .filter((port) => port !== undefined);
  const slowPath = async () => (await chain.statistics()).functions[1]?.slowPath;

  test('it says how packets come and go', () => {
    const { ifindex } = getLink(veth.netlink, 'port');
    expect(chain.told).toEqual([`port: AF_XDP, by copies, 1 queue; its host by tp-${ifindex}`]);
  });

  test.each(WAYS_BACK)('$answer of a packet that goes $side', async ({ answer, side, to, seen }) => {
    const before = await slowPath();
    const sport = FIRST_PORT + ANSWERS.indexOf(answer) + (side === 'in' ? 0 : SIDES);
    veth.takeOut();
    sink.take();
    if (side === 'in') veth.sendIn(`ip ${FAR_ADDRESS} > ${NEAR_ADDRESS} / udp ${sport} > 0 / "in"`);
    else veth.sendOut(`ip ${NEAR_ADDRESS} > ${FAR_ADDRESS} / udp ${sport} > 0 / "out"`);
    const [host, wire]: [number[], number[]] = [[], []];
    const take = () => {
      host.push(...sink.take());
      wire.push(...onWire());
    };
    const wanted = { host: to === 'host' ? [seen] : [], wire: to === 'wire' ? [seen] : [] };
    const loops = answer === 'loop' || answer === 'circle' ? 1 : 0;
    await vi.waitFor(async () => {
      take();
      expect({ host, wire }).toEqual(wanted);
      expect((await slowPath())?.looped).toBe((before?.looped ?? 0) + loops);
      expect((await slowPath())?.handedUp).toBeGreaterThan(before?.handedUp ?? 0);
    }, 2000);
    await new Promise((resolve) => setTimeout(resolve, 10));
    take();
    expect({ host, wire }).toEqual(wanted);
    expect((await slowPath())?.undelivered).toBe(0);
  });

  test('it is brought to another order while it runs', async () => {
    const port = { interface: 'port', namespace: veth.near };
    await chain.change(lineChain('tp-live', port, [stamp(3), stamp(1)]));
    veth.sendOut(`ip ${NEAR_ADDRESS} > ${FAR_ADDRESS} / udp 5 > 0 / "out"`);
    await vi.waitFor(() => expect(onWire()).toEqual([13]), 2000);
  });
});

test('an interface that is not there is made: programs of the host are its wire', async () => {
  const bounces = { ...stamp(4), config: { digit: 4, ends: 5, as: 'bounce' } };
  const port = { interface: 'tp-made', namespace: veth.near };
  await using chain = await startEngineChain(lineChain('tp-live', port, [bounces]), { log: silent });
  expect(chain.told).toEqual(['tp-made: a TAP interface (there is no interface tp-made: it is made)']);
  using socket = new PacketSocket({ link: 'tp-made', namespace: veth.near, receive: 'incoming' });
  socket.send(packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 5 > 0'));
  await vi.waitFor(() => {
    const frame = socket.receive();
    expect(frame && packetView(frame, { port: '', now: 0 }).ip()?.udp()?.dport).toBe(4);
  }, 2000);
});

test('an interface that is removed is told, and the chain ends in order', async () => {
  createVeth(veth.netlink, { name: 'short', queues: 1, peer: { name: 'lived', queues: 1 } });
  for (const name of ['short', 'lived']) setLink(veth.netlink, name, { up: true });
  const port = { interface: 'short', namespace: veth.near };
  const bounces = { ...stamp(4), config: { digit: 4, ends: 5, as: 'bounce' } };
  await using chain = await startEngineChain(lineChain('tp-live', port, [bounces]), { log: silent });
  using socket = new PacketSocket({ link: 'lived', namespace: veth.near });
  const frame = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 5 > 0');
  for (let sent = 0; sent < 100; sent++) socket.send(frame);
  deleteLink(veth.netlink, 'short');
  expect(await chain.lost).toMatchObject({ code: 'TP_INTERFACE_GONE' });
  await chain.stop();
  await chain.stop();
});

test('ports come, go and change their hooks while the chain runs, and its run time is counted', async () => {
  using far = new Netlink(veth.far);
  createVeth(veth.netlink, { name: 'more', queues: 1, peer: { name: 'mores', queues: 1, namespace: veth.far } });
  setLink(veth.netlink, 'more', { up: true });
  setLink(far, 'mores', { up: true });
  const [a, b] = ['port', 'more'].map((name) => ({ interface: name, namespace: veth.near }));
  if (a === undefined || b === undefined) throw new Error('there are two');
  const functions = [{ name: 'bridge', use: file('bridge.vnf.ts') }];
  const one: ChainSpec = { name: 'tp-live', ports: { a }, paths: [['a', 'bridge:a']], functions };
  const paths = [...one.paths, ['b', 'bridge:b']];
  await using chain = await startEngineChain(one, { log: silent });
  using socket = new PacketSocket({ link: 'mores', namespace: veth.far, receive: 'incoming' });
  const floods = (text: string) =>
    vi.waitFor(() => {
      veth.sendIn(`ip ${FAR_ADDRESS} > 10.9.0.99 / udp 5 > 7 / "${text}"`);
      expect(textOf(socket.receive() ?? new Uint8Array())).toContain(`"${text}"`);
    }, 2000);
  await chain.change({ ...one, ports: { a, b }, paths });
  await floods('two');
  // Of the same interface: what is open stays so.
  await chain.change({ ...one, ports: { a: { ...a, hook: 'tcx' }, b }, paths });
  await floods('by tcx');
  const [{ programs = [] } = {}] = (await chain.statistics()).functions;
  expect(programs.some(({ runs, nsPerRun }) => runs > 0 && nsPerRun > 0)).toBe(true);
  await expect(
    chain.change({ ...one, ports: { a, b: { ...b, interface: 'nothing-here' } }, paths: [['c']] }),
  ).rejects.toThrow();
  await floods('still');
  await chain.change(one);
  expect(chain.ports.map(({ name }) => name)).toEqual(['a']);
  expect(getLink(veth.netlink, 'more').xdp).toBeUndefined();
  deleteLink(veth.netlink, 'more');
});

test('an interface that is waited for is used again when it is back', async () => {
  const make = () => {
    createVeth(veth.netlink, { name: 'short', queues: 1, peer: { name: 'lived', queues: 1 } });
    for (const name of ['short', 'lived']) setLink(veth.netlink, name, { up: true });
  };
  make();
  const port = { interface: 'short', namespace: veth.near, whenGone: 'wait' } as const;
  const bounces = { ...stamp(4), config: { digit: 4, ends: 5, as: 'bounce' } };
  await using chain = await startEngineChain(lineChain('tp-live', port, [bounces]), { log: silent });
  const comesBack = () =>
    vi.waitFor(() => {
      using socket = new PacketSocket({ link: 'lived', namespace: veth.near, receive: 'incoming' });
      socket.send(packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 5 > 0'));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      expect(textOf(socket.receive() ?? new Uint8Array())).toContain('> 4');
    }, 5000);
  await comesBack();
  deleteLink(veth.netlink, 'short');
  await vi.waitFor(() => expect(chain.ports).toMatchObject([{ isWaiting: true }]), 5000);
  make();
  await vi.waitFor(() => expect(chain.ports).toMatchObject([{ isWaiting: false }]), 5000);
  await comesBack();
  await chain.stop();
  deleteLink(veth.netlink, 'short');
});

test('a router sends by the routes and neighbours that Linux has, from when it has them', async () => {
  using far = new Netlink(veth.far);
  createVeth(veth.netlink, { name: 'lan', queues: 1, peer: { name: 'farther', queues: 1, namespace: veth.far } });
  setLink(veth.netlink, 'lan', { up: true });
  setLink(far, 'farther', { up: true });
  addAddress(veth.netlink, 'lan', '10.10.0.1/24');
  const spec: ChainSpec = {
    name: 'tp-live',
    ports: { wan: { interface: 'port', namespace: veth.near }, lan: { interface: 'lan', namespace: veth.near } },
    paths: [
      ['wan', 'router:wan'],
      ['lan', 'router:lan'],
    ],
    functions: [{ name: 'router', use: file('router.vnf.ts') }],
  };
  await using chain = await startEngineChain(spec, { log: silent });
  using socket = new PacketSocket({ link: 'farther', namespace: veth.far, receive: 'incoming' });
  const { mac } = getLink(far, 'farther');
  const verdicts = async () => (await chain.statistics()).functions[0]?.verdicts;
  const send = () => veth.sendIn(`ip ${FAR_ADDRESS} > 10.10.0.2 hops 9 / udp 5 > 7 / "routed"`);
  send();
  // Who has no neighbour for it leaves it to the host.
  await vi.waitFor(async () => expect(await verdicts()).toMatchObject({ stack: 1 }), 2000);
  addNeighbour(veth.netlink, 'lan', '10.10.0.2', mac);
  const arrived: string[] = [];
  await vi.waitFor(() => {
    send();
    for (let frame = socket.receive(); frame !== undefined; frame = socket.receive()) arrived.push(textOf(frame));
    expect(arrived).toContain(
      textOf(
        packetFromText(
          `eth ${getLink(veth.netlink, 'lan').mac} > ${mac} / ip ${FAR_ADDRESS} > 10.10.0.2 hops 8 / udp 5 > 7 / "routed"`,
        ),
      ),
    );
  }, 2000);
  deleteLink(veth.netlink, 'lan');
});

test('two workers share the queues of an interface, and the host behind it', async () => {
  createVeth(veth.netlink, {
    name: 'wide',
    queues: 2,
    peer: { name: 'wide', queues: 2, namespace: veth.far },
  });
  using far = new Netlink(veth.far);
  for (const netlink of [veth.netlink, far]) setLink(netlink, 'wide', { up: true });
  addAddress(veth.netlink, 'wide', '10.11.0.1/24');
  const { mac: nearMac } = getLink(veth.netlink, 'wide');
  const { mac: farMac } = getLink(far, 'wide');
  const port = { interface: 'wide', namespace: veth.near };
  const functions = [stamp(1), ASK];
  await expect(startEngineChain(lineChain('tp-live', port, functions), { workers: 3, log: silent })).rejects.toThrow(
    '3 workers cannot share its ports: one of them has 2 queues',
  );
  await using sink = await UdpSink.open(veth.near, '10.11.0.1', [12]);
  await using chain = await startEngineChain(lineChain('tp-live', port, functions), { workers: 2, log: silent });
  expect(chain.told).toEqual([expect.stringMatching(/^wide: AF_XDP, by copies, 2 queues; its host by tp-/)]);
  using socket = new PacketSocket({ link: 'wide', namespace: veth.far });
  const flows = 40;
  const sport = FIRST_PORT + ANSWERS.indexOf('resume');
  const arrived: number[] = [];
  // The sender's queue is chosen by the flow.
  for (let flow = 0; flow < flows; flow++) {
    const source = `10.11.0.${10 + flow}`;
    socket.send(packetFromText(`eth ${farMac} > ${nearMac} / ip ${source} > 10.11.0.1 / udp ${sport} > 0 / "${flow}"`));
  }
  await vi.waitFor(() => {
    arrived.push(...sink.take());
    expect(arrived).toEqual(new Array(flows).fill(12));
  }, 3000);
  const { functions: seen } = await chain.statistics();
  expect(seen.map(({ counters }) => counters.seen)).toEqual([flows, flows]);
  expect(seen[1]?.slowPath).toMatchObject({ handedUp: flows, undelivered: 0 });
  await chain.stop();
  deleteLink(veth.netlink, 'wide');
});
