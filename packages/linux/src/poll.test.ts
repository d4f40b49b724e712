import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Fd, openFds, traceFds } from './fd.ts';
import { pollFd } from './poll.ts';

let directory: string;
let fifo: Fd;

beforeEach(() => {
  traceFds();
  directory = mkdtempSync(join(tmpdir(), 'tp-linux-poll-'));
  const path = join(directory, 'fifo');
  execFileSync('mkfifo', [path]);
  fifo = Fd.adopt(openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
});

afterEach(() => {
  fifo.close();
  rmSync(directory, { recursive: true });
  expect(openFds()).toEqual([]);
});

const write = () => writeSync(fifo.number, 'x');
const read = () => readSync(fifo.number, Buffer.alloc(64));

test('the callback runs once for each time that there is something to read', async () => {
  let calls = 0;
  using poll = pollFd(fifo, () => {
    calls++;
    read();
  });
  await delay(5);
  expect(calls).toBe(0);
  write();
  await delay(5);
  expect(calls).toBe(1);
  write();
  await delay(5);
  expect(calls).toBe(2);
  poll.close();
});

test('a callback that throws is an uncaught exception, and polling goes on', async () => {
  const caught: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => caught.push(error));
  let calls = 0;
  using poll = pollFd(fifo, () => {
    read();
    calls++;
    if (calls === 1) throw new Error('from the callback');
  });
  write();
  await delay(10);
  write();
  await delay(10);
  process.removeAllListeners('uncaughtException');
  for (const listener of listeners) process.on('uncaughtException', listener);
  expect(caught).toEqual([new Error('from the callback')]);
  expect(calls).toBe(2);
  poll.close();
});

test('a poll survives garbage collection without being referenced', async () => {
  let calls = 0;
  let stop = () => {};
  (() => {
    const poll = pollFd(fifo, () => {
      read();
      calls++;
    });
    stop = () => poll.close();
  })();
  await delay(1);
  for (let round = 0; round < 50; round++) new Array(100_000).fill({});
  write();
  await delay(5);
  expect(calls).toBe(1);
  stop();
});

test('a second poll of the same descriptor is refused until the first is closed', () => {
  const poll = pollFd(fifo, () => {});
  expect(() => pollFd(fifo, () => {})).toThrow(/polled already/);
  poll.close();
  poll.close();
  pollFd(fifo, () => {}).close();
});

test('after close nothing is called any more', async () => {
  let calls = 0;
  const poll = pollFd(fifo, () => calls++);
  write();
  poll.close();
  await delay(5);
  expect(calls).toBe(0);
});

test('an unreferenced poll does not keep the process alive', () => {
  const script = `
    import { openSync } from 'node:fs';
    import { Fd, pollFd } from '@twinpath/linux';
    pollFd(Fd.adopt(openSync('${join(directory, 'fifo')}', 'r+')), () => {}).unref();
    console.log('ready');`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    timeout: 5000,
  });
  expect(output).toBe('ready\n');
});
