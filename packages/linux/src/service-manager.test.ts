import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { ServiceManager, watchdogMs } from './service-manager.ts';

/** Node has no datagrams of AF_UNIX; Python is what systemd's own tests use. Prints what it receives first. */
const LISTEN = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1].replace('@', '\\0', 1))
listener.settimeout(10)
print(listener.recv(4096).decode())
`;
const run = promisify(execFile);

test.each(['a path', 'an abstract name'])('tells what is so to the socket that is named by %s', async (kind) => {
  const folder = mkdtempSync(join(tmpdir(), 'tp-notify-'));
  const path = kind === 'a path' ? join(folder, 'notify') : `@tp-notify-${process.pid}`;
  const heard = run('python3', ['-c', LISTEN, path]);
  using manager = ServiceManager.fromEnvironment({ NOTIFY_SOCKET: path });
  await vi.waitFor(() => manager?.tell({ READY: '1', STATUS: 'two\nlines' }), { timeout: 10_000, interval: 20 });
  expect((await heard).stdout).toBe('READY=1\nSTATUS=two lines\n');
  rmSync(folder, { recursive: true });
});

test('without a service manager there is none, and no watchdog', () => {
  expect(ServiceManager.fromEnvironment({})).toBeUndefined();
  expect(watchdogMs({})).toBeUndefined();
  expect(watchdogMs({ WATCHDOG_USEC: '3000000' })).toBe(3000);
  expect(watchdogMs({ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '1' })).toBeUndefined();
});
