import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { listNamespaces, openFds, traceFds } from '@twinpath/linux';
import { textOf } from '@twinpath/packet';
import { readCapture } from '@twinpath/packet/pcap';
import { expect, test } from 'vitest';
import { createLab, ExecutionError, type Lab, type LinkOptions } from './index.ts';

const PAIR: LinkOptions = {
  addresses: [
    ['10.0.0.1/24', '10.0.0.3/24', 'fd00::1/64'],
    ['10.0.0.2/24', 'fd00::2/64'],
  ],
};

function pair(lab: Lab, options = PAIR) {
  const [client, server] = [lab.host('client'), lab.host('server')];
  lab.link(client, 'eth0', server, 'eth0', options);
  return { client, server };
}

test('hosts reach each other at once, over IPv4 and IPv6, and nothing is left of a lab', async () => {
  traceFds();
  const lab = createLab('tp-lab-ping');
  const { client, server } = pair(lab);
  await server.echo({ udp: 7 });
  expect(lab.leftovers()).toContain(`namespace ${client.namespace}`);
  for (const address of ['10.0.0.2', 'fd00::2']) {
    expect(await client.udp(address, 7, 'x', { timeout: 500 })).toMatchObject({ ok: true });
  }
  await lab[Symbol.asyncDispose]();
  expect(lab.leftovers()).toEqual([]);
  expect(listNamespaces().filter((name) => name.startsWith(lab.name))).toEqual([]);
  expect(existsSync(lab.folder)).toBe(false);
  expect(openFds()).toEqual([]);
});

test('HTTP is served and fetched from an address of choice; what fails is a result', async () => {
  await using lab = createLab('tp-lab-http');
  const { client, server } = pair(lab);
  const body = new Uint8Array(3_000_000).map((_, index) => (index * 7919) >>> 3);
  await server.http({ port: 80, body: 'hello' });
  await server.http({ port: 81, body });
  for (const [url, source] of [
    ['http://10.0.0.2/', '10.0.0.3'],
    ['http://[fd00::2]/any/path', 'fd00::1'],
  ] as const) {
    expect(await client.fetch(url, { source })).toEqual({ ok: true, status: 200, body: Buffer.from('hello') });
  }
  const large = await client.fetch('http://10.0.0.2:81/');
  expect(large.ok && Buffer.compare(large.body, body)).toBe(0);
  expect(await client.fetch('http://10.0.0.2:82/')).toEqual({ ok: false, error: 'ECONNREFUSED' });
  server.sysctl('net.ipv4.icmp_echo_ignore_all', 1);
  expect(await client.fetch('http://10.0.0.99/', { timeout: 100 })).toEqual({ ok: false, error: 'timeout' });
});

test('echo servers answer over TCP and UDP, to both families', async () => {
  await using lab = createLab('tp-lab-echo');
  const { client, server } = pair(lab);
  await server.echo({ tcp: 7, udp: 7 });
  const expected = { ok: true, data: Buffer.from('who is there') };
  for (const address of ['10.0.0.2', 'fd00::2']) {
    expect(await client.tcp(address, 7, 'who is there')).toEqual(expected);
    expect(await client.udp(address, 7, 'who is there', { sourcePort: 5353 })).toEqual(expected);
  }
  expect(await client.udp('10.0.0.2', 8, 'x')).toEqual({ ok: false, error: 'ECONNREFUSED' });
});

test('a capture holds whole frames of one interface, filtered', async () => {
  await using lab = createLab('tp-lab-capture');
  const { client, server } = pair(lab, { ...PAIR, knownNeighbours: true });
  await server.echo({ udp: 7 });
  const capture = await server.capture('eth0', { filter: 'udp' });
  await client.udp('10.0.0.2', 7, 'data', { sourcePort: 4000 });
  const packets = [...readCapture(await capture.stop())];
  const texts = packets.map(({ bytes }) => textOf(bytes));
  expect(texts).toHaveLength(2);
  expect(texts[0]).toContain('ip 10.0.0.1 > 10.0.0.2');
  expect(texts[1]).toContain('udp 7 > 4000');
});

test('routers forward, and known neighbours are not asked for', async () => {
  await using lab = createLab('tp-lab-route');
  const [client, router, server] = [lab.host('client'), lab.host('router'), lab.host('server')];
  const ends = (network: number): LinkOptions => ({
    addresses: [[`10.0.${network}.1/24`], [`10.0.${network}.2/24`]],
    knownNeighbours: true,
    mtu: 1400,
    queues: 2,
  });
  lab.link(client, 'eth0', router, 'eth0', ends(1));
  lab.link(router, 'eth1', server, 'eth0', ends(2));
  router.forwarding();
  client.route('default', '10.0.1.2');
  server.route('10.0.1.0/24', '10.0.2.1');
  await server.echo({ udp: 7 });
  const capture = await router.capture('eth0', { filter: 'arp or udp' });
  expect(await client.udp('10.0.2.2', 7, 'x')).toMatchObject({ ok: true });
  const packets = [...readCapture(await capture.stop())];
  const texts = packets.map(({ bytes }) => textOf(bytes));
  expect(texts.filter((text) => text.includes('arp'))).toEqual([]);
  expect(texts).toHaveLength(2);
});

test('a command that fails throws what it said, unless it may', async () => {
  await using lab = createLab('tp-lab-exec');
  const host = lab.host('a');
  const failing = host.exec('sh', ['-c', 'echo to here >&2; exit 3']);
  await expect(failing).rejects.toThrow(ExecutionError);
  await expect(failing).rejects.toThrow('ended with status 3: to here');
  expect(await host.exec('cat', [], { input: 'typed' })).toEqual({ status: 0, stdout: 'typed', stderr: '' });
  expect((await host.exec('false', [], { mayFail: true })).status).toBe(1);
  await expect(host.exec('no-such-command')).rejects.toThrow('ENOENT');
  await expect(host.exec('sleep', ['60'], { timeout: 50 })).rejects.toThrow('by a signal');
});

test('processes end with the lab, with all that they started, also those that do not want to', async () => {
  const lab = createLab('tp-lab-processes');
  const host = lab.host('a');
  const stubborn = host.spawn('sh', ['-c', 'trap "" TERM INT; sleep 60 & echo ready; wait; sleep 60']);
  await stubborn.saying(/ready/);
  expect(stubborn.survivors()).toHaveLength(2);
  expect(lab.leftovers().join()).toContain(`process ${stubborn.pid}`);
  await lab[Symbol.asyncDispose]();
  expect(stubborn.survivors()).toEqual([]);
  expect(lab.leftovers()).toEqual([]);
});

test('two hosts of one name, and names that are no names, are refused', async () => {
  await using lab = createLab('tp-lab-names');
  lab.host('a');
  expect(() => lab.host('a')).toThrow('has a host "a" already');
  expect(() => createLab('../x')).toThrow(RangeError);
});

const PROGRAM = `
  import { createLab } from ${JSON.stringify(import.meta.resolve('./index.ts'))};
  const lab = createLab('tp-lab-signal');
  const host = lab.host('a');
  host.spawn('sleep', ['60']);
  console.log(lab.name, host.namespace, lab.folder);
`;

test.each([
  ['SIGINT', 'setInterval(() => {}, 1000);', 130],
  ['SIGTERM', 'setInterval(() => {}, 1000);', 143],
  [undefined, 'throw new Error("in the middle");', 1],
] as const)('a program that ends in the middle, by %s, leaves nothing', async (signal, rest, expected) => {
  const program = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM + rest], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [chunk] = await once(program.stdout, 'data');
  const [name = '', namespace = '', folder = ''] = String(chunk).trim().split(' ');
  if (signal !== undefined) {
    expect(listNamespaces()).toContain(namespace);
    program.kill(signal);
  }
  const [status] = await once(program, 'exit');
  expect(status).toBe(expected);
  expect(name).toContain(String(program.pid));
  expect(listNamespaces()).not.toContain(namespace);
  expect(existsSync(folder)).toBe(false);
});
