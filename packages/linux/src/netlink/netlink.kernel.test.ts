import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFds, traceFds } from '../fd.ts';
import { createNamespace, deleteNamespace } from '../namespace/named.ts';
import { PacketSocket } from '../packet-socket.ts';
import { isSyscallError, SyscallError } from '../syscall-error.ts';
import { addAddress, deleteAddress, listAddresses } from './address.ts';
import { createBridge, createDummy, createVeth, deleteLink, getLink, listLinks, setLink } from './link.ts';
import { addNeighbour, deleteNeighbour, listNeighbours } from './neighbour.ts';
import { addRoute, deleteRoute, listRoutes } from './route.ts';
import { routesByDestination } from './rule.ts';
import { Netlink } from './socket.ts';

const first = 'tp-linux-nl-a';
const second = 'tp-linux-nl-b';

const ip = (...args: string[]) => execFileSync('ip', ['-n', first, ...args], { encoding: 'utf8' });

beforeAll(() => {
  traceFds();
  createNamespace(first);
  createNamespace(second);
});

afterAll(() => {
  deleteNamespace(first);
  deleteNamespace(second);
  expect(openFds()).toEqual([]);
});

describe('links', () => {
  test('a veth pair is made with its peer in another namespace, with queues, MAC and MTU', () => {
    using a = new Netlink(first);
    using b = new Netlink(second);
    createVeth(a, {
      name: 'v0',
      mac: '02:00:00:00:00:01',
      mtu: 1400,
      queues: 2,
      peer: { name: 'v1', namespace: second, mac: '02:00:00:00:00:02', queues: 3 },
    });
    const v0 = getLink(a, 'v0');
    const v1 = getLink(b, 'v1');
    expect(v0).toMatchObject({
      mac: '02:00:00:00:00:01',
      mtu: 1400,
      kind: 'veth',
      up: false,
      rxQueues: 2,
      txQueues: 2,
    });
    expect(v1).toMatchObject({ mac: '02:00:00:00:00:02', kind: 'veth', rxQueues: 3, peerIfindex: v0.ifindex });
    expect(v0.peerIfindex).toBe(v1.ifindex);
    expect(v0.xdp).toBeUndefined();
    deleteLink(a, 'v0');
    expect(listLinks(b).map((link) => link.name)).toEqual(['lo']);
  });

  test('interfaces go up and down, change MTU and MAC, and are renamed', () => {
    using netlink = new Netlink(first);
    createVeth(netlink, { name: 'd0', peer: { name: 'd9' } });
    setLink(netlink, 'd0', { mtu: 900, mac: '02:00:00:00:00:09', name: 'd1', up: true });
    expect(getLink(netlink, 'd1')).toMatchObject({ mtu: 900, mac: '02:00:00:00:00:09', up: true, kind: 'veth' });
    setLink(netlink, getLink(netlink, 'd1').ifindex, { up: false });
    expect(getLink(netlink, 'd1').up).toBe(false);
    expect(ip('-br', 'link', 'show', 'd1')).toContain('02:00:00:00:00:09');
    deleteLink(netlink, 'd1');
  });

  test('an interface joins a bridge, leaves it, and moves to another namespace', () => {
    using a = new Netlink(first);
    using b = new Netlink(second);
    createBridge(a, { name: 'br0' });
    createVeth(a, { name: 'd0', peer: { name: 'd9' } });
    const bridge = getLink(a, 'br0').ifindex;
    setLink(a, 'd0', { master: bridge });
    expect(getLink(a, 'd0').master).toBe(bridge);
    setLink(a, 'd0', { master: 0 });
    expect(getLink(a, 'd0').master).toBeUndefined();
    setLink(a, 'd0', { namespace: second });
    expect(listLinks(b).map((link) => link.name)).toContain('d0');
    deleteLink(b, 'd0');
    deleteLink(a, 'br0');
  });

  test('a dummy interface is made where the kernel has the module', ({ skip }) => {
    using netlink = new Netlink(first);
    try {
      createDummy(netlink, { name: 'dummy9' });
    } catch (error) {
      if (isSyscallError(error, 'EOPNOTSUPP') && error.detail === 'Unknown device type') skip('no dummy module');
      throw error;
    }
    expect(getLink(netlink, 'dummy9').kind).toBe('dummy');
    deleteLink(netlink, 'dummy9');
  });

  test('statistics count packets and bytes', () => {
    using netlink = new Netlink(first);
    setLink(netlink, 'lo', { up: true });
    using socket = new PacketSocket({ link: 'lo', namespace: first });
    const before = getLink(netlink, 'lo').statistics;
    socket.send(new Uint8Array(100));
    const { loopback, statistics } = getLink(netlink, 'lo');
    expect(loopback).toBe(true);
    expect(statistics.rxPackets - before.rxPackets).toBe(1n);
    expect(statistics.txPackets - before.txPackets).toBe(1n);
    // Received bytes are counted behind the Ethernet header.
    expect(statistics.rxBytes - before.rxBytes).toBe(100n - 14n);
  });

  test('a missing interface is an error that names it', () => {
    using netlink = new Netlink(first);
    expect(() => getLink(netlink, 'nope')).toThrow(/netlink RTM_GETLINK for interface nope failed: ENODEV/);
  });

  test('the kernel’s own explanation is part of the error', () => {
    using netlink = new Netlink(first);
    createVeth(netlink, { name: 'd0', peer: { name: 'd9' } });
    let error: unknown;
    try {
      setLink(netlink, 'd0', { mtu: 0x7fff_ffff });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(SyscallError);
    expect(error).toMatchObject({ code: 'EINVAL', detail: 'mtu greater than device maximum' });
    deleteLink(netlink, 'd0');
  });
});

describe('addresses, routes and neighbours', () => {
  test('addresses are added without duplicate detection, listed and deleted', () => {
    using netlink = new Netlink(first);
    createVeth(netlink, { name: 'd0', peer: { name: 'd9' } });
    setLink(netlink, 'd0', { up: true });
    addAddress(netlink, 'd0', '10.1.0.1/24');
    addAddress(netlink, 'd0', 'fd01::1/64');
    expect(listAddresses(netlink, 'd0').map(({ address }) => address)).toEqual(
      expect.arrayContaining(['10.1.0.1/24', 'fd01::1/64']),
    );
    expect(ip('addr', 'show', 'd0')).toMatch(/fd01::1\/64 scope global nodad/);
    expect(ip('addr', 'show', 'd0')).not.toContain('tentative');
    expect(() => addAddress(netlink, 'd0', '10.1.0.1/24')).toThrow(/10\.1\.0\.1\/24 on interface d0 failed: EEXIST/);
    deleteAddress(netlink, 'd0', '10.1.0.1/24');
    expect(listAddresses(netlink, 'd0').map(({ address }) => address)).not.toContain('10.1.0.1/24');
    deleteLink(netlink, 'd0');
  });

  test('routes are added, listed with their next hops, and deleted', () => {
    using netlink = new Netlink(first);
    createVeth(netlink, { name: 'd0', peer: { name: 'd9' } });
    setLink(netlink, 'd0', { up: true });
    addAddress(netlink, 'd0', '10.2.0.1/24');
    addAddress(netlink, 'd0', 'fd02::1/64');
    const { ifindex } = getLink(netlink, 'd0');
    addRoute(netlink, { destination: 'default', gateway: '10.2.0.9' });
    addRoute(netlink, { destination: '10.9.0.0/16', link: 'd0', metric: 7 });
    addRoute(netlink, { destination: 'fd09::/32', gateway: 'fd02::9' });
    ip('route', 'add', '10.8.0.0/16', 'nexthop', 'via', '10.2.0.3', 'nexthop', 'via', '10.2.0.4', 'weight', '3');
    ip('route', 'add', 'blackhole', '10.7.0.0/16');

    const routes = new Map(listRoutes(netlink).map((route) => [route.destination, route]));
    expect(routes.get('0.0.0.0/0')?.nextHops).toEqual([{ ifindex, gateway: '10.2.0.9', weight: 1 }]);
    expect(routes.get('10.9.0.0/16')).toMatchObject({ metric: 7, nextHops: [{ ifindex, gateway: undefined }] });
    expect(routes.get('fd09::/32')?.nextHops).toMatchObject([{ ifindex, gateway: 'fd02::9' }]);
    expect(routes.get('10.8.0.0/16')?.nextHops).toEqual([
      { ifindex, gateway: '10.2.0.3', weight: 1 },
      { ifindex, gateway: '10.2.0.4', weight: 3 },
    ]);
    expect(routes.get('10.7.0.0/16')).toMatchObject({ type: 'blackhole', nextHops: [] });
    expect(routes.get('10.2.0.0/24')?.preferredSource).toBe('10.2.0.1');

    expect(routes.get('10.9.0.0/16')?.byDestination).toBe(true);
    expect(routes.get('10.8.0.0/16')?.byDestination).toBe(false);
    expect(routesByDestination(netlink)).toBe(false);
    ip('route', 'del', '10.8.0.0/16');
    expect(routesByDestination(netlink)).toBe(true);
    for (const more of [
      ['route', 'TYPE', '10.8.0.0/16', 'via', '10.2.0.3', 'tos', '0x10'],
      ['-6', 'route', 'TYPE', 'fd08::/32', 'from', 'fd02::/64', 'via', 'fd02::9'],
      ['rule', 'TYPE', 'from', '10.2.0.7', 'lookup', '77'],
      ['rule', 'TYPE', 'fwmark', '5', 'lookup', '77'],
      ['-6', 'rule', 'TYPE', 'dport', '53', 'lookup', '77'],
    ]) {
      ip(...more.map((word) => (word === 'TYPE' ? 'add' : word)));
      expect(routesByDestination(netlink), more.join(' ')).toBe(false);
      ip(...more.map((word) => (word === 'TYPE' ? 'del' : word)));
      expect(routesByDestination(netlink)).toBe(true);
    }
    ip('rule', 'add', 'to', '10.8.0.0/16', 'lookup', '77');
    expect(routesByDestination(netlink)).toBe(true);

    deleteRoute(netlink, { destination: 'default', gateway: '10.2.0.9' });
    deleteRoute(netlink, { destination: '10.9.0.0/16' });
    expect(listRoutes(netlink).map(({ destination }) => destination)).not.toContain('0.0.0.0/0');
    expect(() => addRoute(netlink, { destination: '10.5.0.0/16', gateway: '10.99.0.1' })).toThrow(/invalid gateway/);
    deleteLink(netlink, 'd0');
  });

  test('neighbours are added, replaced, listed and deleted', () => {
    using netlink = new Netlink(first);
    createVeth(netlink, { name: 'v0', peer: { name: 'v1' } });
    setLink(netlink, 'v0', { up: true });
    const { ifindex } = getLink(netlink, 'v0');
    addNeighbour(netlink, 'v0', '10.3.0.7', '02:00:00:00:00:06');
    addNeighbour(netlink, 'v0', '10.3.0.7', '02:00:00:00:00:07');
    addNeighbour(netlink, 'v0', 'fd03::7', '02:00:00:00:00:08');
    expect(listNeighbours(netlink)).toEqual(
      expect.arrayContaining([
        { ifindex, address: '10.3.0.7', mac: '02:00:00:00:00:07', state: 'permanent' },
        { ifindex, address: 'fd03::7', mac: '02:00:00:00:00:08', state: 'permanent' },
      ]),
    );
    deleteNeighbour(netlink, 'v0', '10.3.0.7');
    expect(listNeighbours(netlink).map(({ address }) => address)).not.toContain('10.3.0.7');
    deleteLink(netlink, 'v0');
  });
});
