// Functions with ports of their own, wired to interfaces and to each other: a bridge and a router between namespaces.

import { fileURLToPath } from 'node:url';
import { PacketSocket } from '@twinpath/linux';
import { packetFromText, textOf } from '@twinpath/packet';
import { readCapture } from '@twinpath/packet/pcap';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import type { ChainSpec, PortSpec } from '@twinpath/vnf/chain';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silent } from './fixtures/silent.ts';

const use = (name: string) =>
  fileURLToPath(new URL(`../packages/runtime/src/fixtures/${name}.vnf.ts`, import.meta.url));
const HOOKS = ['xdp', 'tcx'] as const;

let lab: Lab;
let middle: Host;
let hosts: readonly Host[];
beforeEach(() => {
  lab = createLab('tp-chain-ports');
  middle = lab.host('middle');
  hosts = ['a', 'b', 'c'].map((name) => lab.host(name));
});
afterEach(async () => {
  await lab[Symbol.asyncDispose]();
  expect(lab.leftovers()).toEqual([]);
});

type Wiring = Pick<ChainSpec, 'paths' | 'functions'>;
function start(hook: PortSpec['hook'], names: readonly string[], { paths, functions }: Wiring): Promise<RunningChain> {
  const port = (name: string) =>
    [name, { interface: name, namespace: middle.namespace, hook: hook ?? 'auto' }] as const;
  const spec = { name: `ports-${process.pid}`, ports: Object.fromEntries(names.map(port)), paths, functions };
  return startChain(spec, { log: silent });
}

const countersOf = async (chain: RunningChain) =>
  Object.fromEntries((await chain.statistics()).functions.map(({ name, counters }) => [name, counters]));

describe.each(HOOKS)('on %s a bridge', (hook) => {
  test('floods and forwards between hosts: IPv4, IPv6, with VLAN tags and without', async () => {
    for (const [index, host] of hosts.entries()) {
      const addresses = [[], [`10.0.0.${index + 1}/24`, `fd00::${index + 1}/64`]] as const;
      lab.link(middle, host.name, host, 'eth0', { addresses });
      await host.echo({ tcp: 8000, udp: 7 });
    }
    const paths = hosts.map(({ name }) => [name, `bridge:${name}`]);
    await using chain = await start(hook, ['a', 'b', 'c'], {
      paths,
      functions: [{ name: 'bridge', use: use('bridge') }],
    });
    for (const from of hosts) {
      for (const to of [1, 2, 3]) {
        if (from === hosts[to - 1]) continue;
        expect(await from.udp(`10.0.0.${to}`, 7, 'four'), `${from.name} to ${to}`).toMatchObject({ ok: true });
        expect(await from.udp(`fd00::${to}`, 7, 'six', { timeout: 4000 })).toMatchObject({ ok: true });
        expect(await from.tcp(`10.0.0.${to}`, 8000, 'stream')).toMatchObject({ ok: true });
      }
    }
    // The addresses are known by now; this kernel has no VLAN interfaces, so that a socket of packets sends.
    const [a, b] = hosts;
    if (a === undefined || b === undefined) throw new Error('there are hosts');
    const capture = await b.capture('eth0');
    using socket = new PacketSocket({ link: 'eth0', namespace: a.namespace });
    const tagged = `eth ${a.mac('eth0')} > ${b.mac('eth0')} / vlan 7 / ip 10.0.0.1 > 10.0.0.2 / udp 5 > 9 / "tagged"`;
    socket.send(packetFromText(tagged));
    const frames = [...readCapture(await capture.stop())].map(({ bytes }) => textOf(bytes));
    expect(frames.filter((text) => text.includes('"tagged"'))).toEqual([expect.stringContaining('vlan 7')]);
    const [bridge] = (await chain.statistics()).functions;
    expect(bridge?.verdicts.forward).toBeGreaterThan(30);
    expect(bridge?.verdicts.flood).toBeGreaterThan(3);
    expect(await chain.functions[0]?.entries('stations')).toHaveLength(3);
  });
});

describe.each(HOOKS)('on %s two bridges, joined, with a function behind a port,', (hook) => {
  test('flood through the function and through each other', async () => {
    for (const [index, host] of hosts.entries()) {
      const addresses = [[], [`10.0.0.${index + 1}/24`, `fd00::${index + 1}/64`]] as const;
      lab.link(middle, host.name, host, 'eth0', { addresses });
      await host.echo({ udp: 7 });
    }
    const paths = [
      ['a', 'meter', 'left:a'],
      ['b', 'left:b'],
      ['left:up', 'right:down'],
      ['c', 'right:c'],
    ];
    const functions = [
      { name: 'left', use: use('bridge') },
      { name: 'right', use: use('bridge') },
      { name: 'meter', use: use('meter') },
    ];
    await using chain = await start(hook, ['a', 'b', 'c'], { paths, functions });
    for (const from of hosts) {
      for (const to of [1, 2, 3]) {
        if (from === hosts[to - 1]) continue;
        expect(await from.udp(`10.0.0.${to}`, 7, 'four', { timeout: 4000 }), `${from.name} to ${to}`).toMatchObject({
          ok: true,
        });
        expect(await from.udp(`fd00::${to}`, 7, 'six', { timeout: 4000 })).toMatchObject({ ok: true });
      }
    }
    const { functions: seen } = await chain.statistics();
    expect(seen.slice(0, 2).every(({ verdicts }) => (verdicts.flood ?? 0) > 1)).toBe(true);
    // Four exchanges with each of the others, either way.
    expect(seen[2]?.counters.left).toBeGreaterThan(7);
    expect(seen[2]?.counters.entered).toBeGreaterThan(7);
  });
});

describe.each(HOOKS)('on %s a router', (hook) => {
  test('forwards through the functions of both its ports, and leaves the rest to the host', async () => {
    const [a, b] = hosts;
    if (a === undefined || b === undefined) throw new Error('there are hosts');
    middle.forwarding();
    const wire = (host: Host, net: number) => {
      const addresses = [
        [`10.${net}.0.1/24`, `fd0${net}::1/64`],
        [`10.${net}.0.2/24`, `fd0${net}::2/64`],
      ] as const;
      lab.link(middle, host.name, host, 'eth0', { addresses });
      for (const gateway of [`10.${net}.0.1`, `fd0${net}::1`]) host.route('default', gateway);
    };
    wire(a, 1);
    wire(b, 2);
    await b.echo({ tcp: 8000, udp: 7 });
    const paths = [
      ['a', 'outer', 'router:wan'],
      ['router:lan', 'inner', 'b'],
    ];
    const functions = [
      { name: 'outer', use: use('meter') },
      { name: 'inner', use: use('meter') },
      { name: 'router', use: use('router') },
    ];
    await using chain = await start(hook, ['a', 'b'], { paths, functions });
    for (const to of ['10.2.0.2', 'fd02::2']) {
      // The first may wait for a neighbour, which the host asks for.
      await a.udp(to, 7, 'first', { timeout: 4000 });
      const before = await countersOf(chain);
      expect(await a.udp(to, 7, 'datagram')).toMatchObject({ ok: true });
      const after = await countersOf(chain);
      for (const name of ['outer', 'inner']) {
        expect(after[name]?.entered).toBeGreaterThan(before[name]?.entered ?? 0);
        expect(after[name]?.left).toBeGreaterThan(before[name]?.left ?? 0);
      }
      expect(await a.tcp(to, 8000, 'x'.repeat(100_000))).toMatchObject({ ok: true });
    }
    const router = (await chain.statistics()).functions.at(-1);
    expect(router?.verdicts.forward).toBeGreaterThan(20);
    expect(await a.udp('10.1.0.1', 9, 'to the host itself')).toMatchObject({ ok: false });
    expect(router?.verdicts.stack).toBeGreaterThan(0);
  });
});

describe('on xdp a function without ports', () => {
  test('routes through the functions of the port by which packets leave', async () => {
    const [a, b] = hosts;
    if (a === undefined || b === undefined) throw new Error('there are hosts');
    middle.forwarding();
    for (const [net, host] of [a, b].entries()) {
      lab.link(middle, host.name, host, 'eth0', { addresses: [[`10.${net}.0.1/24`], [`10.${net}.0.2/24`]] });
      host.route('default', `10.${net}.0.1`);
    }
    await b.echo({ udp: 7 });
    const paths = [
      ['a', 'routes', 'host'],
      ['b', 'meter', 'host'],
    ];
    const functions = ['routes', 'meter'].map((name) => ({ name, use: use(name) }));
    await using chain = await start('xdp', ['a', 'b'], { paths, functions });
    // The first wait for neighbours, which the host asks for.
    for (const _ of Array.from({ length: 4 })) await a.udp('10.1.0.2', 7, 'first', { timeout: 4000 });
    const before = await chain.statistics();
    expect(await a.udp('10.1.0.2', 7, 'datagram')).toMatchObject({ ok: true });
    const [routes, meter] = (await chain.statistics()).functions;
    expect(routes?.verdicts.forward).toBe((before.functions[0]?.verdicts.forward ?? 0) + 1);
    expect(meter?.counters.left).toBe((before.functions[1]?.counters.left ?? 0) + 1);
  });
});

test('ports in two namespaces are one chain', async () => {
  const [a, b] = hosts;
  if (a === undefined || b === undefined) throw new Error('there are hosts');
  const other = lab.host('other');
  lab.link(middle, 'a', a, 'eth0', { addresses: [[], ['10.0.0.1/24']] });
  // Interfaces have numbers, and these have to differ.
  for (const name of ['one', 'two']) lab.link(other, name, middle, name);
  lab.link(other, 'b', b, 'eth0', { addresses: [[], ['10.0.0.2/24']] });
  await b.echo({ tcp: 8000, udp: 7 });
  const port = (name: string, { namespace }: Host) => ({ interface: name, namespace, hook: 'xdp' }) as const;
  await using chain = await startChain(
    {
      name: `ports-${process.pid}`,
      ports: { a: port('a', middle), b: port('b', other) },
      paths: [['a', 'meter', 'b']],
      functions: [{ name: 'meter', use: use('meter') }],
    },
    { log: silent },
  );
  expect(await a.udp('10.0.0.2', 7, 'datagram', { timeout: 4000 })).toMatchObject({ ok: true });
  expect(await a.tcp('10.0.0.2', 8000, 'x'.repeat(100_000))).toMatchObject({ ok: true });
  const { meter } = await countersOf(chain);
  expect(meter?.entered).toBeGreaterThan(10);
  expect(meter?.left).toBeGreaterThan(10);
  expect(chain.ports.map(({ namespace }) => namespace)).toEqual([middle.namespace, other.namespace]);
});

test('functions are wired to each other, with others between them', async () => {
  const [a, b] = hosts;
  if (a === undefined || b === undefined) throw new Error('there are hosts');
  for (const [index, host] of [a, b].entries()) {
    lab.link(middle, host.name, host, 'eth0', { addresses: [[], [`10.0.0.${index + 1}/24`]] });
  }
  await b.echo({ udp: 7 });
  const paths = [
    ['a', 'left:in'],
    ['left:out', 'between', 'right:in'],
    ['right:out', 'b'],
  ];
  const wire = (name: string) => ({ name, use: use('wire') });
  const functions = [wire('left'), wire('right'), { name: 'between', use: use('meter') }];
  await using chain = await start('xdp', ['a', 'b'], { paths, functions });
  expect(await a.udp('10.0.0.2', 7, 'through both')).toMatchObject({ ok: true });
  const { between } = await countersOf(chain);
  // Hosts also say things of themselves.
  expect(between?.entered).toBeGreaterThan(0);
  expect(between?.left).toBeGreaterThan(0);
});

test('a copy leaves by a port while the packet itself goes on, changed', async () => {
  for (const host of hosts) lab.link(middle, host.name, host, 'eth0');
  const paths = ['left', 'right', 'monitor'].map((port, index) => ['abc'.charAt(index), `mirror:${port}`]);
  await using _chain = await start('tcx', ['a', 'b', 'c'], {
    paths,
    functions: [{ name: 'mirror', use: use('mirror') }],
  });
  using owned = new DisposableStack();
  const [a, b, c] = hosts.map(({ namespace }) =>
    owned.use(new PacketSocket({ link: 'eth0', namespace, receive: 'incoming' })),
  );
  const sent = 'eth 02:00:00:00:00:01 > 02:00:00:00:00:02 / ip 10.0.0.1 > 10.0.0.2 hops 7 / udp 5 > 9 / "to both"';
  a?.send(packetFromText(sent));
  const next = (socket: PacketSocket | undefined) => {
    for (let frame = socket?.receive(1000); frame !== undefined; frame = socket?.receive(1000)) {
      const text = textOf(frame);
      if (text.includes('"to both"')) return text;
    }
    return undefined;
  };
  const changed = packetFromText(sent.replace('hops 7', 'hops 9'));
  expect(next(b)).toBe(textOf(changed));
  expect(next(c)).toBe(textOf(packetFromText(sent)));
});
