import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openFds, traceFds } from '../fd.ts';
import { createNamespace, deleteNamespace } from '../namespace/named.ts';
import { pollFd } from '../poll.ts';
import { isSyscallError } from '../syscall-error.ts';
import { writeSysctl } from '../sysctl.ts';
import { addAddress, deleteAddress } from './address.ts';
import { createVeth, deleteLink, getLink, setLink } from './link.ts';
import { type NetworkEvent, NetworkMonitor } from './monitor.ts';
import { addNeighbour, deleteNeighbour, listNeighbours, useNeighbour } from './neighbour.ts';
import { addRoute, deleteRoute, findRoute } from './route.ts';
import { Netlink } from './socket.ts';

const [near, far] = ['tp-linux-mon-a', 'tp-linux-mon-b'];
const ALL = ['link', 'address', 'neighbour', 'route'] as const;
let [a, b]: Netlink[] = [];

function netlinks(): readonly [Netlink, Netlink] {
  if (a === undefined || b === undefined) throw new Error('they were opened before');
  return [a, b];
}

beforeAll(() => {
  traceFds();
  for (const name of [near, far]) {
    createNamespace(name);
    // Until duplicate address detection is over, an interface has no link-local address to ask from.
    writeSysctl('net.ipv6.conf.default.accept_dad', 0, name);
  }
  [a, b] = [new Netlink(near), new Netlink(far)];
});
afterAll(() => {
  for (const netlink of netlinks()) netlink[Symbol.dispose]();
  for (const name of [near, far]) deleteNamespace(name);
  expect(openFds()).toEqual([]);
});
beforeEach(({ onTestFinished }) => {
  const [here, there] = netlinks();
  createVeth(here, { name: 'v0', peer: { name: 'v1', namespace: far } });
  for (const [netlink, link, host] of [
    [here, 'v0', 1],
    [there, 'v1', 2],
  ] as const) {
    setLink(netlink, link, { up: true });
    addAddress(netlink, link, `10.4.0.${host}/24`);
    addAddress(netlink, link, `fd04::${host}/64`);
  }
  onTestFinished(() => {
    try {
      deleteLink(here, 'v0');
    } catch (error) {
      if (!isSyscallError(error, 'ENODEV')) throw error;
    }
  });
});

function all(monitor: NetworkMonitor): NetworkEvent[] {
  const events: NetworkEvent[] = [];
  for (let read = monitor.read(); read.length > 0; read = monitor.read()) events.push(...read);
  return events;
}

function textOf(event: NetworkEvent): string {
  if (event.kind === 'link') return `link ${event.link.name} ${event.link.mtu}`;
  if (event.kind === 'address') return event.address.address;
  if (event.kind === 'neighbour') return event.neighbour.address;
  return event.kind === 'route' ? event.route.destination : event.kind;
}

test('changes of interfaces, addresses, neighbours and routes are told in order, of both families', async () => {
  const [netlink] = netlinks();
  using monitor = new NetworkMonitor({ of: ALL, namespace: near });
  expect(monitor.read()).toEqual([]);
  setLink(netlink, 'v0', { mtu: 1400 });
  const events: NetworkEvent[] = [];
  for (const address of ['10.5.0.1/24', 'fd05::1/64']) {
    addAddress(netlink, 'v0', address);
    // An IPv6 address comes a little later.
    await vi.waitFor(() => expect(events.push(...all(monitor)) && events.map(textOf)).toContain(address));
    deleteAddress(netlink, 'v0', address);
  }
  for (const address of ['10.4.0.9', 'fd04::9']) {
    addNeighbour(netlink, 'v0', address, '02:00:00:00:00:09');
    deleteNeighbour(netlink, 'v0', address);
  }
  for (const [destination, gateway] of [
    ['10.6.0.0/16', '10.4.0.2'],
    ['fd06::/32', 'fd04::2'],
  ] as const) {
    addRoute(netlink, { destination, gateway });
    deleteRoute(netlink, { destination });
  }
  deleteLink(netlink, 'v0');
  const told = [...events, ...all(monitor)].map(
    (event) => `${'gone' in event && event.gone ? '-' : '+'} ${textOf(event)}`,
  );
  const at = (text: string) => told.indexOf(text);
  expect(at('+ link v0 1400')).toBeGreaterThanOrEqual(0);
  for (const what of ['10.5.0.1/24', 'fd05::1/64', '10.4.0.9', 'fd04::9', '10.6.0.0/16', 'fd06::/32']) {
    expect(at(`+ ${what}`), what).toBeGreaterThan(0);
    expect(at(`- ${what}`), what).toBeGreaterThan(at(`+ ${what}`));
  }
  expect(told.at(-1)).toBe('- link v0 1400');
  expect(told).not.toContain('overrun');
});

test('only what was asked for is told', () => {
  const [netlink] = netlinks();
  using monitor = new NetworkMonitor({ of: ['route'], namespace: near });
  setLink(netlink, 'v0', { mtu: 1300 });
  addRoute(netlink, { destination: '10.6.0.0/16', gateway: '10.4.0.2' });
  expect(new Set(all(monitor).map(({ kind }) => kind))).toEqual(new Set(['route']));
});

test('events that find no room are reported as lost, and later ones come again', () => {
  const [netlink] = netlinks();
  using monitor = new NetworkMonitor({ of: ['neighbour'], namespace: near, receiveBufferSize: 4096 });
  for (let host = 10; host < 90; host++) addNeighbour(netlink, 'v0', `10.4.0.${host}`, '02:00:00:00:00:09');
  const told = all(monitor);
  expect(told.filter(({ kind }) => kind === 'overrun')).toHaveLength(1);
  expect(told.length).toBeLessThan(80);
  deleteNeighbour(netlink, 'v0', '10.4.0.20');
  expect(all(monitor).at(-1)).toMatchObject({ kind: 'neighbour', gone: true, neighbour: { address: '10.4.0.20' } });
});

test.each(['10.4.0', 'fd04:'])('the kernel asks for a neighbour when told to, in %s', async (network) => {
  const [netlink] = netlinks();
  using monitor = new NetworkMonitor({ of: ['neighbour'], namespace: near });
  const states = new Map<string, string[]>();
  using _poll = pollFd(monitor.fd, () => {
    for (const event of all(monitor)) {
      if (event.kind !== 'neighbour') continue;
      const { address, state } = event.neighbour;
      states.set(address, [...(states.get(address) ?? []), state]);
    }
  });
  const [there, nobody] = network.includes(':') ? ['fd04::2', 'fd04::7'] : ['10.4.0.2', '10.4.0.7'];
  const { ifindex } = getLink(netlink, 'v0');
  for (const address of [there, nobody]) useNeighbour(netlink, ifindex, address);
  await vi.waitFor(() => expect(states.get(there)?.at(-1)).toBe('reachable'), 2000);
  const known = listNeighbours(netlink).find(({ address }) => address === there);
  expect(known).toMatchObject({ mac: getLink(netlinks()[1], 'v1').mac });
  // Three questions, a second apart.
  await vi.waitFor(() => expect(states.get(nobody)?.at(-1)).toBe('failed'), { timeout: 5000, interval: 50 });
});

test('the kernel says where it would send a packet to', () => {
  const [netlink] = netlinks();
  addRoute(netlink, { destination: 'default', gateway: '10.4.0.2' });
  addRoute(netlink, { destination: 'fd00::/8', gateway: 'fd04::2' });
  const { ifindex } = getLink(netlink, 'v0');
  expect(findRoute(netlink, '192.0.2.1')).toMatchObject({
    type: 'unicast',
    preferredSource: '10.4.0.1',
    nextHops: [{ ifindex, gateway: '10.4.0.2' }],
  });
  expect(findRoute(netlink, '10.4.0.8').nextHops).toMatchObject([{ ifindex, gateway: undefined }]);
  expect(findRoute(netlink, 'fdff::1')).toMatchObject({
    preferredSource: 'fd04::1',
    nextHops: [{ ifindex, gateway: 'fd04::2' }],
  });
  expect(() => findRoute(netlink, '2001:db8::1')).toThrow(/route to 2001:db8::1 failed: ENETUNREACH/);
});
