// What slow paths learn of the network around their ports, as it changes.

import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import {
  addAddress,
  addNeighbour,
  addRoute,
  deleteAddress,
  deleteNeighbour,
  inNamespace,
  Netlink,
  openFds,
  setLink,
  traceFds,
  udpIn,
  writeSysctl,
} from '@twinpath/linux';
import { lineChain } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunningChain } from '../chain/running.ts';
import { startChain } from '../chain/start-chain.ts';
import { silent } from '../fixtures/silent.ts';
import { Veth } from '../fixtures/veth.ts';

const NETWORK = new URL('../fixtures/network.vnf.ts', import.meta.url).pathname;
const families = [
  {
    version: 4,
    here: '10.9.0.1',
    there: '10.9.0.2',
    moving: '10.9.0.77',
    nobody: '10.9.0.9',
    host: '10.9.0.2',
    length: 24,
  },
  {
    version: 6,
    here: 'fd09::1',
    there: 'fd09::2',
    moving: 'fd09::77',
    nobody: 'fd09::9',
    host: '[fd09::2]',
    length: 64,
  },
] as const;

let veth: Veth;
let far: Netlink;
let chain: RunningChain;

const operate = async (operation: string, input: unknown = {}) => chain.functions[0]?.operate(operation, input);
const changes = async () => (await operate('changes')) as readonly string[];

beforeAll(async () => {
  traceFds();
  veth = new Veth('network');
  far = new Netlink(veth.far);
  for (const [namespace, link] of [
    [veth.near, 'port'],
    [veth.far, 'far'],
  ] as const) {
    writeSysctl(`net.ipv6.conf.${link}.accept_dad`, 0, namespace);
    writeSysctl(`net.ipv6.conf.${link}.disable_ipv6`, 0, namespace);
  }
  addAddress(veth.netlink, 'port', 'fd09::1/64');
  addAddress(far, 'far', 'fd09::2/64');
  const spec = lineChain('tp-runtime-network', { interface: 'port', namespace: veth.near }, [
    { name: 'network', use: NETWORK, config: { name: 'network' } },
  ]);
  chain = await startChain(spec, { log: silent });
});
afterAll(async () => {
  await chain.stop();
  far[Symbol.dispose]();
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});
beforeEach(async () => {
  await changes();
});

const listening = async (server: Server) => {
  inNamespace(veth.far, () => {
    server.listen(7000);
  });
  await once(server, 'listening');
};

describe.each(families)('over IPv$version', ({ version, here, there, moving, nobody, host }) => {
  test('a neighbour is asked for once, known from then on, and told of', async () => {
    expect(await operate('known', { address: there })).toBeUndefined();
    expect(await operate('resolve', { address: there })).toBe(veth.farMac);
    expect(await operate('known', { address: there })).toBe(veth.farMac);
    expect(await changes()).toContain(`${there} on port ${veth.farMac}`);
    expect(await operate('resolve', { address: there })).toBe(veth.farMac);
  });

  test('who does not answer is absent, and for a while is not asked again', async () => {
    const begun = performance.now();
    expect(await operate('resolve', { address: nobody })).toBeUndefined();
    expect(performance.now() - begun).toBeGreaterThan(1000);
    const again = performance.now();
    expect(await operate('resolve', { address: nobody })).toBeUndefined();
    expect(performance.now() - again).toBeLessThan(500);
  });

  test('one that comes, changes its address and goes is told of each time', async () => {
    addNeighbour(veth.netlink, 'port', moving, '02:00:00:00:00:01');
    addNeighbour(veth.netlink, 'port', moving, '02:00:00:00:00:02');
    deleteNeighbour(veth.netlink, 'port', moving);
    const heard: string[] = [];
    await vi.waitFor(async () => {
      heard.push(...(await changes()));
      expect(heard.filter((line) => line.startsWith(moving)).slice(0, 3)).toEqual([
        `${moving} on port 02:00:00:00:00:01`,
        `${moving} on port 02:00:00:00:00:02`,
        `${moving} on port gone`,
      ]);
    });
    expect(await operate('known', { address: moving })).toBeUndefined();
  });

  test('sockets and echo requests leave from the network of the port', async () => {
    const server = createServer((socket) => socket.end(`${socket.remoteAddress}`));
    await listening(server);
    expect(await operate('connect', { address: there, port: 7000 })).toBe(version === 4 ? `::ffff:${here}` : here);
    server.close();
    const udp = udpIn(veth.far, version).on('message', (_, from) => udp.send(from.address, from.port, from.address));
    expect(await operate('ask', { address: there, port: udp.address().port })).toBe(here);
    udp.close();
    const ns = await operate('echo', { address: there });
    expect(ns).toBeGreaterThan(0);
    expect(ns).toBeLessThan(300e6);
    expect(await operate('echo', { address: nobody })).toBeUndefined();
    const unreachable = version === 4 ? '192.0.2.1' : '2001:db8::1';
    expect(await operate('echo', { address: unreachable })).toBeUndefined();
  });

  test('servers are fetched from there, and one that does not answer is an error', async () => {
    const server = createHttpServer((asked, answer) => answer.end(`0.25 ${asked.url}`));
    await listening(server);
    expect(await operate('fetch', `http://${host}:7000/health`)).toBe('0.25 /health');
    server.close();
    await once(server, 'close');
    await expect(operate('fetch', `http://${host}:7000/health`)).rejects.toThrow('ECONNREFUSED');
  });

  test('routes say which port an address is behind', async () => {
    const [whole, behind] = version === 4 ? ['198.51.100.0/24', '198.51.100.7'] : ['2001:db8:1::/48', '2001:db8:1::7'];
    expect(await operate('route', { address: behind })).toBeUndefined();
    addRoute(veth.netlink, { destination: whole, gateway: there });
    expect(await operate('route', { address: behind })).toMatchObject({ port: 'port', gateway: there });
    expect(await operate('routes')).toContainEqual(
      expect.objectContaining({ to: whole, port: 'port', gateway: there }),
    );
    await vi.waitFor(async () => expect(await changes()).toContain('routes'));
  });
});

test('a port that goes down and comes back is told of at once', async () => {
  for (const [up, what] of [
    [false, 'port down'],
    [true, 'port up'],
  ] as const) {
    await changes();
    setLink(far, 'far', { up });
    // By events: looking once a second would be later.
    await vi.waitFor(async () => expect(await changes()).toContain(what), { timeout: 600, interval: 10 });
  }
});

test('addresses of a port that come and go cost no function its port', async () => {
  addAddress(veth.netlink, 'port', '10.77.0.1/24');
  deleteAddress(veth.netlink, 'port', '10.77.0.1/24');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await changes()).filter((line) => line.startsWith('port '))).toEqual([]);
});

test('no more questions are asked in a second than declared', async () => {
  addAddress(veth.netlink, 'port', '10.9.0.1/16');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const atOnce = await operate('resolveMany', { count: 300 });
  // A few more come in while they are asked.
  expect(atOnce).toBeGreaterThan(80);
  expect(atOnce).toBeLessThanOrEqual(100);
});
