// The daemon as systemd has it, as far as that can be had without systemd: its unit, what it is told, what it lets the daemon do.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Installed } from './fixtures/control-plane/installed.ts';

const UNIT = fileURLToPath(new URL('../packages/daemon/systemd/twinpathd.service', import.meta.url));
const unit = readFileSync(UNIT, 'utf8');
const setting = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1]?.split(' ') ?? [];
const present = (command: string, ...operands: readonly string[]) => spawnSync(command, operands).error === undefined;
const NO_SYSTEMD = !present('systemd-analyze', '--version');
const NO_STRACE = !present('strace', '-V') || !present('setpriv', '--version');

/** Node has no datagrams of AF_UNIX. */
const LISTEN = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print('listening', flush=True)
while True: print(listener.recv(4096).decode().replace('\\n', ' '), flush=True)
`;
const CHAIN = `service-${process.pid}`;
const installed = new Installed(CHAIN);
const calls = installed.file('calls.txt');
let lab: Lab;
let host: Host;
let manager: ReturnType<typeof spawn>;
let heard = '';

beforeAll(async () => {
  lab = createLab('tp-service');
  host = lab.host('a');
  lab.link(host, 'eth0', lab.host('b'), 'eth0');
  const socket = installed.file('notify');
  manager = spawn('python3', ['-c', LISTEN, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  manager.stdout?.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  await vi.waitFor(() => expect(heard).toContain('listening'), 10_000);
  const capabilities = setting('CapabilityBoundingSet').map((name) => name.replace('CAP_', '+').toLowerCase());
  const limited = ['setpriv', '--bounding-set', ['-all', ...capabilities].join(','), '--no-new-privs'];
  const traced = ['strace', '-D', '-f', '-qq', '-c', '-U', 'name', '-o', calls];
  const through = NO_STRACE ? [] : [...limited, ...traced];
  await installed.start({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' }, through);
}, 120_000);
afterAll(async () => {
  await installed[Symbol.asyncDispose]();
  manager.kill('SIGKILL');
  await lab[Symbol.asyncDispose]();
});

test.skipIf(NO_SYSTEMD)('systemd takes the unit, and finds it less exposed than most', () => {
  expect(spawnSync('systemd-analyze', ['verify', UNIT], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  // Tenths; services without any measure have 96.
  const { status, stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=50', UNIT], {
    encoding: 'utf8',
  });
  expect(status, stdout).toBe(0);
});

test('with the capabilities of the unit a chain with both paths is run, and the service manager hears how it is', async () => {
  const file = installed.file(`${CHAIN}.yaml`);
  const chain = { interface: 'eth0', namespace: host.namespace, functions: [{ use: 'firewall', config: {} }] };
  writeFileSync(file, JSON.stringify(chain));
  expect(await installed.twinpath('apply', '-f', file)).toMatchObject({ status: 0, stderr: '' });
  expect(heard).toMatch(/^READY=1 STATUS=node one$/m);
  await vi.waitFor(() => expect(heard).toMatch(/^WATCHDOG=1$/m), 10_000);
  installed.reload();
  await vi.waitFor(() => expect(heard).toMatch(/^RELOADING=1 MONOTONIC_USEC=\d+\nREADY=1$/m), 10_000);
  expect(await installed.end('SIGTERM')).toBe(0);
  await vi.waitFor(() => expect(heard).toMatch(/^STOPPING=1$/m), 5_000);
}, 120_000);

test.skipIf(NO_SYSTEMD || NO_STRACE)('the unit allows the system calls that were made', async () => {
  await vi.waitFor(() => expect(readFileSync(calls, 'utf8')).not.toBe(''), 10_000);
  const [, ...names] = readFileSync(calls, 'utf8').split('\n');
  const made = names.map((line) => line.trim()).filter((name) => /^[a-z][a-z0-9_]+$/.test(name) && name !== 'total');
  expect(made).toContain('bpf');
  const allowed = new Set(setting('SystemCallFilter').flatMap(callsOf));
  // seccomp lets execve and exit through anyway, and these the kernel makes itself.
  expect(made.filter((name) => !allowed.has(name) && name !== 'restart_syscall')).toEqual([]);
});

/** Of a group, those of the groups in it too. */
function callsOf(name: string): readonly string[] {
  if (!name.startsWith('@')) return [name];
  const listed = execFileSync('systemd-analyze', ['syscall-filter', name], { encoding: 'utf8' }).split('\n').slice(1);
  return listed
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap(callsOf);
}
