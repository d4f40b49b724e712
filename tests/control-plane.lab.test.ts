// An operator's day: the daemon as a process of its own, everything by the command line.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeDown } from '@twinpath/runtime';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const bin = (path: string) => fileURLToPath(new URL(`../packages/${path}`, import.meta.url));
const CHAIN = `edge-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'tp-control-'));
const socket = join(folder, 'run/twinpathd.sock');
const file = join(folder, `${CHAIN}.yaml`);
let lab: Lab;
let host: Host;
let peer: Host;
let daemon: ChildProcess;

const CLOSER = `import { counters, drop, next, vnf } from '@twinpath/vnf';
import { z } from 'zod';
const count = counters({ closed: 'packets to the closed port' });
export default vnf({
  name: 'closer',
  summary: 'Closes a UDP port',
  config: z.strictObject({ port: z.int().min(1).max(65535) }),
  counters: count,
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

async function startDaemon(): Promise<void> {
  daemon = spawn(process.execPath, [bin('daemon/bin/twinpathd.js'), '--settings', join(folder, 'twinpathd.yaml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  daemon.stderr?.on('data', (text) => {
    said += text;
  });
  await vi.waitFor(() => expect(said).toContain('twinpathd is ready'), { timeout: 30_000 });
}

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}
function twinpath(...operands: readonly string[]): Promise<Ended> {
  const env = { ...process.env, NO_COLOR: '1', TWINPATH_SOCKET: socket };
  return new Promise((done) => {
    const child = execFile(process.execPath, [bin('cli/bin/twinpath.js'), ...operands], { env }, (_, stdout, stderr) =>
      done({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
const chain = (port: number | string) =>
  `interface: eth0\nnamespace: ${host.namespace}\nfunctions:\n  - use: closer\n    config:\n      port: ${port}\n`;
const passes = async (port: number) => (await peer.udp('10.0.0.1', port, 'x', { timeout: 300 })).ok;

beforeAll(async () => {
  lab = createLab('tp-control');
  [host, peer] = [lab.host('a'), lab.host('b')];
  lab.link(host, 'eth0', peer, 'eth0', { addresses: [['10.0.0.1/24'], ['10.0.0.2/24']] });
  await host.echo({ udp: 7 });
  await host.echo({ udp: 8 });
  const settings = [`stateDirectory: ${folder}/state`, `socket: { path: ${socket} }`, 'node: one', ''];
  writeFileSync(join(folder, 'twinpathd.yaml'), settings.join('\n'));
  writeFileSync(join(folder, 'closer.vnf.ts'), CLOSER);
  await startDaemon();
}, 120_000);
afterAll(async () => {
  daemon.kill('SIGKILL');
  takeDown({ chain: CHAIN });
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

test('a function from outside is uploaded, and a chain with it applied, changed, and rolled back', async () => {
  expect(await twinpath('upload', join(folder, 'closer.vnf.ts'))).toMatchObject({ status: 0, stderr: '' });
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

test('what is wrong is told at its line, and nothing changes', async () => {
  writeFileSync(file, chain(0));
  const { status, stderr } = await twinpath('apply', '-f', file);
  expect(status).toBe(1);
  expect(stderr).toContain(`${CHAIN}.yaml:6:13 - error: `);
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
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
  expect(await passes(8)).toBe(false);
  expect(await twinpath('status')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is twinpathd running?'),
  });
  await startDaemon();
  expect(await twinpath('status', '--wait')).toMatchObject({ status: 0 });
  expect(await passes(8)).toBe(false);

  // A reboot: neither process nor pins.
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
  takeDown({ chain: CHAIN });
  expect(await passes(8)).toBe(true);
  await startDaemon();
  expect(await twinpath('status', '--wait')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(`${CHAIN}  `),
  });
  expect(await passes(8)).toBe(false);
  expect(await twinpath('delete', CHAIN)).toMatchObject({ status: 0 });
  expect(await passes(8)).toBe(true);
}, 90_000);
