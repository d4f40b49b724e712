// An operator's day: the daemon as a process of its own, everything by the command line.
import { readFileSync, writeFileSync } from 'node:fs';
import { readCapture } from '@twinpath/packet/pcap';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installed } from './fixtures/control-plane/installed.ts';
import { shapeOf } from './fixtures/control-plane/shape.ts';

const CHAIN = `edge-${process.pid}`;
const installed = new Installed(CHAIN);
const twinpath = (...operands: readonly string[]) => installed.twinpath(...operands);
const file = installed.file(`${CHAIN}.yaml`);
let lab: Lab;
let host: Host;
let peer: Host;

const CLOSER = `import { counters, drop, next, table, u16, vnf } from '@twinpath/vnf';
import { z } from 'zod';
const seen = table({ key: { port: u16 }, value: { closed: u16 }, max: 16 });
const count = counters({ closed: 'packets to the closed port' });
export default vnf({
  name: 'closer',
  summary: 'Closes a UDP port',
  config: z.strictObject({ port: z.int().min(1).max(65535) }),
  tables: { seen },
  counters: count,
  configure({ config, tables }) {
    tables.seen.replace([[{ port: config.port }, { closed: 1 }]]);
  },
  fastPath: {
    ingress(packet, config) {
      if (packet.ip()?.udp()?.dport !== config.port) return next;
      count.closed();
      return drop;
    },
    egress: () => next,
  },
});
`;

const chain = (port: number | string) =>
  `interface: eth0\nhook: xdp\nnamespace: ${host.namespace}\nfunctions:\n  - use: closer\n    config:\n      port: ${port}\n`;
const passes = async (port: number) => (await peer.udp('10.0.0.1', port, 'x', { timeout: 300 })).ok;

beforeAll(async () => {
  lab = createLab('tp-control');
  [host, peer] = [lab.host('a'), lab.host('b')];
  lab.link(host, 'eth0', peer, 'eth0', { addresses: [['10.0.0.1/24'], ['10.0.0.2/24']] });
  await host.echo({ udp: 7 });
  await host.echo({ udp: 8 });
  writeFileSync(installed.file('closer.vnf.ts'), CLOSER);
  await installed.start();
}, 120_000);
afterAll(async () => {
  await installed[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
});

test('a function from outside is uploaded, and a chain with it applied, changed, and rolled back', async () => {
  expect(await twinpath('upload', installed.file('closer.vnf.ts'))).toMatchObject({ status: 0, stderr: '' });
  expect((await twinpath('functions')).stdout).toMatch(/^closer +uploaded +[0-9a-f]{12} +Closes a UDP port$/m);

  writeFileSync(file, chain(7));
  expect((await twinpath('validate', '-f', file)).stdout).toMatch(/can be applied/);
  expect((await twinpath('diff', '-f', file)).stdout).toContain(`chain ${CHAIN}: new\n`);
  const applied = await twinpath('apply', '-f', file, '--message', 'first');
  expect(applied).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Revision 2: checked in \d+ ms/m) });
  expect([await passes(7), await passes(8)]).toEqual([false, true]);

  writeFileSync(file, chain(8));
  expect((await twinpath('diff', '-f', file)).stdout).toContain('~ /functions/0/config/port: 7 → 8');
  expect(await twinpath('apply', '-f', file, '--json')).toMatchObject({ status: 0 });
  expect([await passes(7), await passes(8)]).toEqual([true, false]);
  expect((await twinpath('apply', '-f', file)).stdout).toBe('Nothing changes: revision 3 is what is wanted.\n');

  expect((await twinpath('history')).stdout).toMatch(/^ +2 .* uid:0 +\S+ \(start\) +first$/m);
  expect(await twinpath('rollback', '2')).toMatchObject({ status: 0 });
  expect([await passes(7), await passes(8)]).toEqual([false, true]);
  const { stdout } = await twinpath('get', 'statistics', CHAIN, '--json');
  expect(JSON.parse(stdout).functions[0].counters.closed).toBeGreaterThan(0);
}, 120_000);

test('shapes of --json stay as they are', async () => {
  const commands: readonly (readonly string[])[] = [
    ['validate', '-f', file],
    ['diff', '-f', file],
    ['status'],
    ['history'],
    ['functions'],
    ['get', 'chain', CHAIN],
    ['get', 'statistics', CHAIN],
    ['get', 'function', 'closer'],
    ['get', 'table', CHAIN, 'closer', 'seen'],
    ['get', 'nodes'],
    ['get', 'audit'],
    ['logs', '--all', '--seconds', '10'],
    ['get', 'chain', 'nowhere'],
  ];
  const outputs = await Promise.all(commands.map((operands) => twinpath(...operands, '--json')));
  const shapes = commands.map((operands, index) => {
    const lines = outputs[index]?.stdout.trim().split('\n') ?? [];
    const called = operands.map((one) => (one === CHAIN ? 'CHAIN' : one === file ? 'FILE' : one)).join(' ');
    return `twinpath ${called}\n${shapeOf(lines.map((line) => JSON.parse(line)))}\n`;
  });
  await expect(shapes.join('\n')).toMatchFileSnapshot('fixtures/control-plane/shapes.txt');
}, 60_000);

test('live names are completed, and meant where others are written', async () => {
  const offered = async (...words: readonly string[]) =>
    (await twinpath('__complete', ...words)).stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[0]);
  expect(await offered('get', 'chain', '')).toEqual([CHAIN]);
  expect(await offered('get', 'config', CHAIN, '')).toEqual(['closer']);
  expect(await offered('get', 'table', CHAIN, 'closer', '')).toEqual(['seen']);
  expect(await offered('get', 'function', 'clo')).toEqual(['closer']);
  expect(await offered('rollback', '')).toContain('2');
  expect((await twinpath('delete', `${CHAIN}x`)).stderr).toContain(`did you mean '${CHAIN}'?`);
  expect((await twinpath('get', 'config', CHAIN, 'closr')).stderr).toContain("did you mean 'closer'?");
}, 60_000);

test('tokens are made, listed, rotated and taken back; a secret is told once', async () => {
  const made = await twinpath('tokens', 'create', 'scraper', '--scope', 'read', '--expires', '720h');
  expect(made).toMatchObject({ status: 0, stderr: '' });
  const rotated = await twinpath('tokens', 'rotate', 'scraper', '--grace', '10min', '--json');
  expect(JSON.parse(rotated.stdout)).toMatchObject({ name: 'scraper', scope: 'read', secret: expect.any(String) });
  const listed = (await twinpath('tokens')).stdout;
  expect(listed).toMatch(/^scraper +read +/m);
  expect(listed).not.toContain(made.stdout.trim());
  expect(JSON.parse(rotated.stdout).secret).not.toBe(made.stdout.trim());
  expect((await twinpath('tokens', 'create', 'other')).stderr).toContain('--scope read');
  expect((await twinpath('tokens', 'revoke', 'scraper')).stdout).not.toContain('scraper');
  expect(await twinpath('tokens', 'revoke', 'scraper')).toMatchObject({ status: 1 });
}, 60_000);

test('packets of a port are captured to a file, until there are so many', async () => {
  const pcap = installed.file('edge.pcap');
  const captured = twinpath('capture', CHAIN, 'eth0', '-w', pcap, '--packets', '2', '--seconds', '30', '--json');
  const ended = captured.then(() => true);
  while (!(await Promise.race([ended, passes(8).then(() => false)])));
  const { status, stdout, stderr } = await captured;
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const bytes = readFileSync(pcap);
  expect(JSON.parse(stdout)).toEqual({ file: pcap, bytes: bytes.length });
  expect([...readCapture(bytes)]).toHaveLength(2);
  expect((await twinpath('capture', `${CHAIN}x`, 'eth0')).stderr).toContain(`did you mean '${CHAIN}'?`);
}, 60_000);

test('what is wrong is told at its line, and nothing changes', async () => {
  writeFileSync(file, chain(0));
  const { status, stderr } = await twinpath('apply', '-f', file);
  expect(status).toBe(1);
  expect(stderr).toContain(`${CHAIN}.yaml:7:13 - error: `);
  expect(stderr).toContain('      port: 0');
  expect(await passes(7)).toBe(false);
  const unknown = await twinpath('get', 'chains');
  expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining("did you mean 'chain'?") });
});

test('a change that nobody confirms goes back by itself; one that is confirmed stays', async () => {
  writeFileSync(file, chain(8));
  expect((await twinpath('apply', '-f', file, '--confirm', '2s')).stdout).toMatch(/It goes back by itself at/);
  expect(await passes(8)).toBe(false);
  await expect.poll(() => passes(8), { timeout: 10_000, interval: 100 }).toBe(true);
  expect(await twinpath('apply', '-f', file, '--confirm', '60s')).toMatchObject({ status: 0 });
  expect((await twinpath('confirm')).stdout).toMatch(/^Revision \d+ stays\.$/m);
  expect((await twinpath('status', '--wait')).stdout).not.toMatch(/^waits/m);
}, 120_000);

test('the chain outlives a daemon that is killed, and the machine’s memory of it', async () => {
  await installed.end('SIGKILL');
  expect(await passes(8)).toBe(false);
  expect(await twinpath('status')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is twinpathd running?'),
  });
  await installed.start();
  expect(await twinpath('status', '--wait')).toMatchObject({ status: 0 });
  expect(await passes(8)).toBe(false);

  // A reboot: neither process nor pins.
  await installed.end('SIGKILL');
  installed.forget();
  expect(await passes(8)).toBe(true);
  await installed.start();
  expect(await twinpath('status', '--wait')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(`${CHAIN}  `),
  });
  expect(await passes(8)).toBe(false);
  expect(await twinpath('delete', CHAIN)).toMatchObject({ status: 0 });
  expect(await passes(8)).toBe(true);
}, 90_000);
