// The balancer in front of real servers: nginx, asked by wrk, and snmpd, while they drain, die, come back and are busy.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { libraryFunctions } from '@twinpath/functions';
import { PacketSocket } from '@twinpath/linux';
import { packetFromText } from '@twinpath/packet';
import { type RunningChain, startChain } from '@twinpath/runtime';
import type { LabProcess } from '@twinpath/testing/lab';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Arena, answers, NAMES, NGINX_PORT, NO_NGINX, type Server, urlsOf } from './fixtures/balancer/arena.ts';

const VIPS = ['192.0.2.80', '2001:db8::80'] as const;
const URLS = urlsOf(VIPS);
const NO_SNMPD = spawnSync('/usr/sbin/snmpd', ['-v']).error !== undefined;
const NO_WRK = spawnSync('wrk', ['--version']).error !== undefined;

let arena: Arena;
let chain: RunningChain;
let agents: LabProcess[];

const SNMP_USER = {
  name: 'balancer',
  auth: { protocol: 'sha256', password: 'correct horse' },
  privacy: { password: 'battery staple' },
};

/** All namespaces share one load: that of the second and third server is said to be none. */
function startAgent({ host }: Server, index: number): LabProcess {
  const { folder } = arena;
  const idle = 'override 1.3.6.1.4.1.2021.10.1.5.1 integer 0';
  const file = join(folder, `snmpd-${index}.conf`);
  const { name, auth, privacy } = SNMP_USER;
  const user = [
    `createUser ${name} SHA-256 "${auth.password}" AES "${privacy.password}"`,
    `rouser ${name} priv`,
    // Where it keeps the user's keys, and nothing of the host's.
    `[snmp] persistentDir ${folder}/snmpd-${index}`,
  ];
  writeFileSync(file, ['rocommunity public', ...user, ...(index === 0 ? [] : ['[snmpd]', idle]), ''].join('\n'));
  const options = ['-f', '-C', '-c', file, '-Lo', `-p${folder}/snmpd-${index}.pid`];
  return host.spawn('/usr/sbin/snmpd', [...options, 'udp:161', 'udp6:161']);
}

beforeAll(async () => {
  arena = await Arena.open('tp-balancer');
  agents = NO_SNMPD ? [] : arena.servers.map(startAgent);
  const use = libraryFunctions().get('load-balancer') ?? '';
  chain = await startChain({
    name: `balancer-${process.pid}`,
    ports: arena.ports,
    paths: Object.keys(arena.ports).map((name) => [name, 'balancer', 'host']),
    functions: [{ name: 'balancer', use, config: configured({}) }],
  });
  await vi.waitFor(async () => expect(await ask(8)).toEqual([...NAMES]), 10_000);
}, 180_000);
afterAll(async () => {
  await chain?.stop();
  await arena?.[Symbol.asyncDispose]();
  expect(arena.lab.leftovers()).toEqual([]);
});

/** Who answers, each once. */
const ask = (count: number) => answers(arena.client, URLS, count);

interface Wanted {
  readonly drain?: readonly string[];
  readonly weights?: readonly number[];
  readonly service?: object;
  /** Of the second service, where it differs. */
  readonly second?: object;
}

function configured({ drain = [], weights = [], service = {}, second = {} }: Wanted): object {
  const services = VIPS.map((address, family) => ({
    address,
    port: 80,
    algorithm: 'round-robin',
    check: { type: 'http', every: '200 ms', within: '1 s', rise: 2, fall: 2 },
    backends: NAMES.map((name, index) => ({
      address: arena.servers[index]?.addresses[family],
      port: NGINX_PORT,
      drain: drain.includes(name),
      weight: weights[index] ?? 10,
    })),
    ...service,
    ...(family === 1 && second),
  }));
  return { services };
}

interface Status {
  readonly service: string;
  readonly backend: string;
  readonly state: string;
  readonly weight: number;
  readonly flows: number;
}

async function status(index: number, family = 0): Promise<Status | undefined> {
  const backends = (await chain.functions[0]?.operate('status', {})) as readonly Status[];
  const wanted = `${arena.servers[index]?.addresses[family]} port ${NGINX_PORT}`;
  return backends.find(({ backend }) => backend === wanted);
}

/** Asks until it is told to end: then how many requests there were, and what went wrong, as wrk says it. */
function load(url: string, more: readonly string[] = []) {
  // Whoever makes programs meanwhile must get on, too.
  const wrk = arena.client.spawn('nice', ['-n', '19', 'wrk', '-t', '1', '-c', '4', '-d', '300s', ...more, url]);
  return async () => {
    wrk.child.kill('SIGINT');
    await wrk.exited;
    const requests = Number(/(\d+) requests in/.exec(wrk.stdout)?.[1] ?? 0);
    const wrong = wrk.stdout.split('\n').filter((line) => /Socket errors|Non-2xx/.test(line));
    return { requests, wrong };
  };
}

test.skipIf(NO_WRK || NO_NGINX)(
  'backends that drain finish what they have and get nothing new, and weights move only what is new: of all requests none fails',
  async () => {
    // Each request over a connection of its own, and all over few.
    const [url4 = '', url6 = ''] = URLS;
    const closing = ['-H', 'Connection: close'];
    const running = [load(url4, closing), load(url6)];
    await delay(1000);
    await chain.configure('balancer', configured({ drain: ['s1'] }));
    await vi.waitFor(async () => expect(await ask(8)).toEqual(['s2', 's3']), 5000);
    for (const weights of [
      [0, 1, 1000],
      [10, 500, 1],
    ]) {
      await chain.configure('balancer', configured({ weights }));
      await delay(300);
    }
    const done = await Promise.all(running.map((end) => end()));
    for (const { requests, wrong } of done) {
      expect(wrong).toEqual([]);
      expect(requests).toBeGreaterThan(100);
    }
    console.log(
      `requests while draining and with other weights: ${done.map(({ requests }) => requests).join(', ')}, none failed`,
    );
    await chain.configure('balancer', configured({}));
    await vi.waitFor(async () => expect(await ask(12)).toEqual([...NAMES]), 3000);
  },
  180_000,
);

/** SYNs from forged addresses: nobody answers them. */
function flood(count: number): void {
  const { client, middle } = arena;
  using socket = new PacketSocket({ link: 'eth0', namespace: client.namespace });
  const link = `eth ${client.mac('eth0')} > ${middle.mac('wan')}`;
  for (let index = 0; index < count; index++) {
    const from = `100.64.${(index >> 8) & 255}.${index & 255}`;
    socket.send(packetFromText(`${link} / ip ${from} > ${VIPS[0]} / tcp ${1024 + (index >> 16)} > 80 syn`));
  }
}

test.skipIf(NO_WRK || NO_NGINX)(
  'a SYN flood that overfills the table of flows without answers costs no connection that is there',
  async () => {
    const placed = async () => (await chain.statistics()).functions[0]?.counters.placed ?? 0;
    const before = await placed();
    const end = load(URLS[0] ?? '');
    await delay(500);
    // Two entries each, of 65,536.
    flood(40_000);
    expect((await placed()) - before).toBeGreaterThan(33_000);
    await delay(300);
    const { requests, wrong } = await end();
    expect(wrong).toEqual([]);
    expect(requests).toBeGreaterThan(100);
    console.log(`requests over connections from before, while 40,000 SYNs came: ${requests}, none failed`);
  },
  60_000,
);

test.skipIf(NO_NGINX)('a server that dies gets no more flows, and is back when it answers again', async () => {
  const [, second] = arena.servers;
  if (!second) throw new Error('there are three');
  await arena.kill(second);
  await vi.waitFor(async () => expect(await status(1)).toMatchObject({ state: 'down', flows: 0 }), 5000);
  await vi.waitFor(async () => expect(await status(1, 1)).toMatchObject({ state: 'down' }), 5000);
  expect(await ask(24)).toEqual(['s1', 's3']);
  arena.revive(second);
  await vi.waitFor(async () => expect(await status(1, 1)).toMatchObject({ state: 'up' }), 5000);
  await vi.waitFor(async () => expect(await ask(12)).toEqual([...NAMES]), 5000);
});

test.skipIf(NO_SNMPD || NO_NGINX)(
  'a busy server gets fewer flows by what its snmpd says, and one whose snmpd is silent is not taken for busy or idle',
  async () => {
    const load = { from: 'snmp', every: '500 ms', within: '1 s', what: 'load' };
    // One service asks in version 2c, the other in version 3.
    const second = { load: { ...load, user: SNMP_USER } };
    await chain.configure('balancer', configured({ service: { load }, second }));
    const loop = () => arena.client.spawn('nice', ['-n', '19', 'sh', '-c', 'while :; do :; done']);
    const busy = Array.from({ length: 4 }, loop);
    try {
      await vi.waitFor(async () => expect((await status(0))?.weight).toBeLessThan(9), 100_000);
      await vi.waitFor(async () => expect((await status(0, 1))?.weight).toBeLessThan(9), 10_000);
      for (const family of [0, 1]) expect((await status(1, family))?.weight).toBeGreaterThanOrEqual(9.5);
      // Whatever the load is now, the weight stays when nobody says it, for ten questions.
      agents[0]?.child.kill('SIGKILL');
      agents[1]?.child.kill('SIGKILL');
      await delay(1500);
      const before = await status(0);
      await delay(1500);
      expect(await status(0)).toMatchObject({ weight: before?.weight });
      expect((await status(1))?.weight).toBeGreaterThanOrEqual(9.5);
      expect(await ask(12)).toEqual(expect.arrayContaining(['s2', 's3']));
    } finally {
      for (const process of busy) process.child.kill('SIGKILL');
    }
  },
  180_000,
);
