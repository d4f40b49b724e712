// The balancer with what stands beside it: servers that answer clients by themselves, and HAProxy.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryFunctions } from '@twinpath/functions';
import { type RunningChain, startChain } from '@twinpath/runtime';
import type { Host } from '@twinpath/testing/lab';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Arena, answers, NAMES, NGINX_PORT, NO_NGINX, urlsOf } from './fixtures/balancer/arena.ts';

// One family: a program with both and all modes takes the verifier seconds.
const [DIRECT, TUNNEL, SHARED] = ['192.0.2.81', '192.0.2.82', '192.0.2.83'] as const;
const NO_HAPROXY = spawnSync('haproxy', ['-v']).error !== undefined;

let arena: Arena;
/** On the link of the servers. */
let neighbour: Host;
let chain: RunningChain;
let ends: readonly RunningChain[];

beforeAll(async () => {
  arena = await Arena.open('tp-beside');
  neighbour = await arena.plug('neighbour', ['10.2.0.99', 'fd00:2::99']);
  for (const { host } of arena.servers) {
    // They have the services' addresses, of which they do not speak on the link.
    host.sysctl('net.ipv4.conf.all.arp_ignore', 1);
    host.sysctl('net.ipv4.conf.all.arp_announce', 2);
    for (const address of [DIRECT, TUNNEL]) await host.exec('ip', ['address', 'add', address, 'dev', 'lo']);
  }
  const use = libraryFunctions().get('load-balancer') ?? '';
  chain = await startChain({
    name: `beside-${process.pid}`,
    ports: arena.ports,
    paths: Object.keys(arena.ports).map((name) => [name, 'balancer', 'host']),
    functions: [{ name: 'balancer', use, config: configured(true) }],
  });
  const end = fileURLToPath(new URL('fixtures/balancer/tunnel-end.vnf.ts', import.meta.url));
  ends = await Promise.all(
    arena.servers.map(({ name, host: { namespace } }) =>
      startChain({
        name: `end-${name}-${process.pid}`,
        ports: { in: { interface: 'eth0', namespace } },
        paths: [['in', 'end', 'host']],
        functions: [{ name: 'end', use: end }],
      }),
    ),
  );
}, 60_000);
afterAll(async () => {
  await Promise.all([chain, ...(ends ?? [])].map((one) => one?.stop()));
  await arena?.[Symbol.asyncDispose]();
  expect(arena.lab.leftovers()).toEqual([]);
});

/** `isThere`: whether the shared service has backends of its own. */
function configured(isThere: boolean): object {
  const service = (mode: string, address: string, more: object = {}) => ({
    address,
    port: NGINX_PORT,
    mode,
    algorithm: 'round-robin',
    backends: arena.servers.map(({ addresses: [own] }) => ({ address: own })),
    ...more,
  });
  return {
    services: [
      service('direct', DIRECT),
      service('tunnel', TUNNEL),
      service('nat', SHARED, { whenNone: 'stack', ...(!isThere && { backends: [] }) }),
    ],
    tunnel: { source4: '10.2.0.1' },
  };
}

test.skipIf(NO_NGINX)('with direct return servers get frames for the service, and answer by themselves', async () => {
  const urls = urlsOf([DIRECT], NGINX_PORT);
  await vi.waitFor(async () => expect(await answers(neighbour, urls, 12)).toEqual([...NAMES]), 5000);
  // Nothing comes back through the balancer.
  const capture = await arena.middle.capture('lan', { filter: `src port ${NGINX_PORT}` });
  expect(await answers(neighbour, urls, 6)).toEqual([...NAMES]);
  expect((await capture.stop()).length).toBe(PCAP_HEADER);
});

const PCAP_HEADER = 24;

test.skipIf(NO_NGINX)('through tunnels servers get packets as clients sent them', async () => {
  const urls = urlsOf([TUNNEL], NGINX_PORT);
  await vi.waitFor(async () => expect(await answers(arena.client, urls, 12)).toEqual([...NAMES]), 5000);
  for (const end of ends) {
    const { functions } = await end.statistics();
    expect(functions[0]?.counters.carried).toBeGreaterThan(0);
  }
});

test.skipIf(NO_NGINX)(
  'with one arm: clients on the link of the servers, whose answers come by way of the balancer',
  async () => {
    // Neither is told of the way past the balancer.
    for (const name of ['all', 'lan']) arena.middle.sysctl(`net.ipv4.conf.${name}.send_redirects`, 0);
    for (const { host } of arena.servers) host.route('10.2.0.99/32', '10.2.0.1');
    const known = async () => (await chain.statistics()).functions[0]?.counters.known ?? 0;
    const before = await known();
    const urls = urlsOf([SHARED], NGINX_PORT);
    await vi.waitFor(async () => expect(await answers(neighbour, urls, 12)).toEqual([...NAMES]), 5000);
    // Both directions: an answer alone is three packets.
    expect((await known()) - before).toBeGreaterThan(12 * 5);
  },
);

/** Adds a header, which nginx shows. One frontend is at the service's own address and port. */
function startHaproxy(): void {
  const backends = arena.servers.map(({ name, addresses }) => `server ${name} ${addresses[0]}:${NGINX_PORT}`);
  const file = join(arena.folder, 'haproxy.cfg');
  const text = [
    'defaults',
    ' mode http',
    ' timeout connect 2s',
    ' timeout client 5s',
    ' timeout server 5s',
    'listen web',
    ...[81, NGINX_PORT].map((port) => ` bind ${SHARED}:${port}`),
    ' http-request set-header X-By "-HAProxy"',
    ...backends.map((line) => ` ${line}`),
  ];
  writeFileSync(file, `${text.join('\n')}\n`);
  arena.middle.spawn('haproxy', ['-db', '-f', file]);
}

test.skipIf(NO_NGINX || NO_HAPROXY)(
  'beside HAProxy: flows of the service pass it by in the fast path, all others and its own reach it unharmed',
  async () => {
    await arena.middle.exec('ip', ['address', 'add', SHARED, 'dev', 'lo']);
    startHaproxy();
    const [service, others] = [urlsOf([SHARED], NGINX_PORT), urlsOf([SHARED], 81)];
    const byHaproxy = NAMES.map((name) => `${name}-HAProxy`);
    await vi.waitFor(async () => expect(await answers(arena.client, others, 12)).toEqual(byHaproxy), 5000);
    expect(await answers(arena.client, service, 12)).toEqual([...NAMES]);
    // Without backends of its own the balancer leaves new flows to HAProxy.
    await chain.configure('balancer', configured(false));
    expect(await answers(arena.client, service, 12)).toEqual(byHaproxy);
    await chain.configure('balancer', configured(true));
    expect(await answers(arena.client, service, 12)).toEqual([...NAMES]);
  },
);
