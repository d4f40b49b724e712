// The balancer in front of real servers: nginx, asked by wrk, and snmpd, while they drain, die, come back and are busy.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { libraryFunctions } from '@twinpath/functions';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Host, type Lab, type LabProcess, urlHost } from '@twinpath/testing/lab';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const VIPS = ['192.0.2.80', '2001:db8::80'] as const;
const NAMES = ['s1', 's2', 's3'] as const;

interface Server {
  readonly host: Host;
  readonly addresses: readonly [string, string];
  nginx: LabProcess;
}

let folder: string;
let lab: Lab;
let client: Host;
let middle: Host;
let servers: Server[];
let chain: RunningChain;
let agents: LabProcess[];

const NO_SNMPD = spawnSync('/usr/sbin/snmpd', ['-v']).error !== undefined;

const SNMP_USER = {
  name: 'balancer',
  auth: { protocol: 'sha256', password: 'correct horse' },
  privacy: { password: 'battery staple' },
};

/** All namespaces share one load: that of the second and third server is said to be none. */
function startAgent({ host }: Server, index: number): LabProcess {
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
  folder = mkdtempSync(join(tmpdir(), 'tp-balancer-'));
  lab = createLab('tp-balancer');
  [client, middle] = [lab.host('client'), lab.host('middle')];
  lab.link(client, 'eth0', middle, 'wan', {
    addresses: [
      ['10.1.0.2/24', 'fd00:1::2/64'],
      ['10.1.0.1/24', 'fd00:1::1/64'],
    ],
  });
  for (const gateway of ['10.1.0.1', 'fd00:1::1']) client.route('default', gateway);
  middle.forwarding();
  const link = lab.host('switch');
  await link.exec('ip', ['link', 'add', 'br0', 'up', 'type', 'bridge', 'mcast_snooping', '0']);
  const plug = async (host: Host, device: string, of: readonly string[]) => {
    lab.link(host, device, link, host.name, { addresses: [of, []] });
    await link.exec('ip', ['link', 'set', host.name, 'master', 'br0']);
  };
  await plug(middle, 'lan', ['10.2.0.1/24', 'fd00:2::1/64']);
  servers = [];
  for (const [index, name] of NAMES.entries()) {
    const host = lab.host(name);
    const addresses = [`10.2.0.${index + 11}`, `fd00:2::${index + 11}`] as const;
    await plug(host, 'eth0', [`${addresses[0]}/24`, `${addresses[1]}/64`]);
    for (const gateway of ['10.2.0.1', 'fd00:2::1']) host.route('default', gateway);
    servers.push({ host, addresses, nginx: startNginx(host, name) });
  }
  // An agent shows processors (hrProcessorLoad) only a minute after its start.
  agents = NO_SNMPD ? [] : servers.map(startAgent);
  const file = libraryFunctions().get('load-balancer') ?? '';
  const ports = Object.fromEntries(
    ['wan', 'lan'].map((name) => [name, { interface: name, namespace: middle.namespace }]),
  );
  chain = await startChain({
    name: `balancer-${process.pid}`,
    ports,
    paths: Object.keys(ports).map((name) => [name, 'balancer', 'host']),
    functions: [{ name: 'balancer', use: file, config: configured({}) }],
  });
  await vi.waitFor(async () => expect(await answers(8)).toEqual([...NAMES]), 10_000);
}, 180_000);
afterAll(async () => {
  await chain?.stop();
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
  expect(lab.leftovers()).toEqual([]);
});

function startNginx(host: Host, name: string): LabProcess {
  const file = join(folder, `${name}.conf`);
  const text = [
    'daemon off; user root; worker_processes 1; error_log stderr crit;',
    `pid ${folder}/${name}.pid;`,
    'events { worker_connections 1024; }',
    `http { access_log off; keepalive_requests 1000000; client_body_temp_path ${folder}/${name}-body;`,
    ...['proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${name}-${kind};`),
    `server { listen [::]:8080 ipv6only=off; location / { return 200 ${name}; } } }`,
  ];
  writeFileSync(file, text.join('\n'));
  return host.spawn('/usr/sbin/nginx', ['-p', folder, '-e', 'stderr', '-c', file]);
}

/** Both processes of it, at once. */
async function kill({ nginx }: Server): Promise<void> {
  if (nginx.pid !== undefined) process.kill(-nginx.pid, 'SIGKILL');
  await nginx.exited;
}

interface Wanted {
  readonly drain?: readonly string[];
  readonly service?: object;
  /** Of the second service, where it differs. */
  readonly second?: object;
}

function configured({ drain = [], service = {}, second = {} }: Wanted): object {
  const services = VIPS.map((address, family) => ({
    address,
    port: 80,
    algorithm: 'round-robin',
    check: { type: 'http', every: '200 ms', within: '1 s', rise: 2, fall: 2 },
    backends: NAMES.map((name, index) => ({
      address: servers[index]?.addresses[family],
      port: 8080,
      drain: drain.includes(name),
    })),
    ...service,
    ...(family === 1 && second),
  }));
  return { services };
}

const URLS = VIPS.map((address) => `http://${urlHost(address)}/`);

/** Who answers, each once; what fails is among them. */
async function answers(count: number): Promise<readonly string[]> {
  const asked = Array.from({ length: count }, (_, index) =>
    client.fetch(URLS[index % URLS.length] ?? '', { timeout: 2000 }),
  );
  const results = await Promise.all(asked);
  return [...new Set(results.map((one) => (one.ok ? Buffer.from(one.body).toString() : one.error)))].toSorted();
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
  const wanted = `${servers[index]?.addresses[family]} port 8080`;
  return backends.find(({ backend }) => backend === wanted);
}

const NO_WRK = spawnSync('wrk', ['--version']).error !== undefined;
const NO_NGINX = spawnSync('/usr/sbin/nginx', ['-v']).error !== undefined;

/** Asks until it is told to end: then how many requests there were, and what went wrong, as wrk says it. */
function ask(url: string, more: readonly string[] = []) {
  // Whoever makes programs meanwhile must get on, too.
  const wrk = client.spawn('nice', ['-n', '19', 'wrk', '-t', '1', '-c', '4', '-d', '300s', ...more, url]);
  return async () => {
    wrk.child.kill('SIGINT');
    await wrk.exited;
    const requests = Number(/(\d+) requests in/.exec(wrk.stdout)?.[1] ?? 0);
    const wrong = wrk.stdout.split('\n').filter((line) => /Socket errors|Non-2xx/.test(line));
    return { requests, wrong };
  };
}

test.skipIf(NO_WRK || NO_NGINX)(
  'backends that drain finish what they have and get nothing new: of all requests none fails',
  async () => {
    // Each request over a connection of its own, and all over few.
    const [url4 = '', url6 = ''] = URLS;
    const closing = ['-H', 'Connection: close'];
    const running = [ask(url4, closing), ask(url6)];
    await delay(1000);
    await chain.configure('balancer', configured({ drain: ['s1'] }));
    await vi.waitFor(async () => expect(await answers(8)).toEqual(['s2', 's3']), 5000);
    await delay(1000);
    const done = await Promise.all(running.map((end) => end()));
    for (const { requests, wrong } of done) {
      expect(wrong).toEqual([]);
      expect(requests).toBeGreaterThan(100);
    }
    console.log(`requests while draining: ${done.map(({ requests }) => requests).join(', ')}, none failed`);
    await chain.configure('balancer', configured({}));
    await vi.waitFor(async () => expect(await answers(12)).toEqual([...NAMES]), 3000);
  },
  180_000,
);

test.skipIf(NO_NGINX)('a server that dies gets no more flows, and is back when it answers again', async () => {
  const [, second] = servers;
  if (!second) throw new Error('there are three');
  await kill(second);
  await vi.waitFor(async () => expect(await status(1)).toMatchObject({ state: 'down', flows: 0 }), 5000);
  await vi.waitFor(async () => expect(await status(1, 1)).toMatchObject({ state: 'down' }), 5000);
  expect(await answers(24)).toEqual(['s1', 's3']);
  second.nginx = startNginx(second.host, 's2');
  await vi.waitFor(async () => expect(await status(1, 1)).toMatchObject({ state: 'up' }), 5000);
  await vi.waitFor(async () => expect(await answers(12)).toEqual([...NAMES]), 5000);
});

test.skipIf(NO_SNMPD || NO_NGINX)(
  'a busy server gets fewer flows by what its snmpd says, and one whose snmpd is silent is not taken for busy or idle',
  async () => {
    const load = { from: 'snmp', every: '500 ms', within: '1 s', what: 'load' };
    // One service asks in version 2c, the other in version 3.
    const second = { load: { ...load, user: SNMP_USER } };
    await chain.configure('balancer', configured({ service: { load }, second }));
    const loop = () => client.spawn('nice', ['-n', '19', 'sh', '-c', 'while :; do :; done']);
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
      expect(await answers(12)).toEqual([...NAMES]);
    } finally {
      for (const process of busy) process.child.kill('SIGKILL');
    }
  },
  180_000,
);
