import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFds, traceFds } from '../fd.ts';
import { readSysctl, writeSysctl } from '../sysctl.ts';
import { currentNamespace, inNamespace, inNewNamespace } from './enter.ts';
import { createNamespace, deleteNamespace, listNamespaces } from './named.ts';

const name = 'tp-linux-ns-a';
const here = () => readlinkSync('/proc/thread-self/ns/net');

beforeAll(() => {
  traceFds();
  createNamespace(name);
});

afterAll(() => {
  deleteNamespace(name);
  expect(listNamespaces()).not.toContain(name);
  expect(openFds()).toEqual([]);
});

test('a namespace is one of `ip netns` too', () => {
  const home = here();
  expect(listNamespaces()).toContain(name);
  const inside = execFileSync('ip', ['netns', 'exec', name, 'readlink', '/proc/self/ns/net'], { encoding: 'utf8' });
  expect(inside.trim()).toBe(inNamespace(name, here));
  expect(inside.trim()).not.toBe(home);
});

test('a name that is taken is refused, and the namespace is not touched', () => {
  const before = inNamespace(name, here);
  expect(() => createNamespace(name)).toThrow(/EEXIST/);
  expect(inNamespace(name, here)).toBe(before);
});

test('names that are paths are refused', () => {
  for (const bad of ['../x', 'a/b', '', '..']) expect(() => createNamespace(bad)).toThrow(RangeError);
});

test('a namespace is found by a process in it, and by its path, too', async () => {
  const child = inNamespace(name, () => spawn('sleep', ['60'], { stdio: 'ignore' }));
  const inside = inNamespace(name, here);
  await expect.poll(() => inNamespace(`pid:${child.pid}`, here)).toBe(inside);
  expect(inNamespace(`/proc/${child.pid}/ns/net`, here)).toBe(inside);
  child.kill();
  await once(child, 'exit');
  expect(() => inNamespace(`pid:${child.pid}`, here)).toThrow(/ENOENT/);
});

test('a missing namespace is an error that names it', () => {
  expect(() => inNamespace('tp-linux-ns-none', () => 1)).toThrow(/network namespace tp-linux-ns-none failed: ENOENT/);
});

test('work in a namespace comes back, with its result, also when it throws and when it nests', () => {
  const home = here();
  expect(inNamespace(name, () => Object.keys(networkInterfaces()))).toEqual([]);
  expect(here()).toBe(home);
  expect(() =>
    inNamespace(name, () => {
      throw new Error('inside');
    }),
  ).toThrow('inside');
  expect(here()).toBe(home);
  using outer = currentNamespace();
  const inner = inNamespace(name, () => [here(), inNamespace(outer, here), here()]);
  expect(inner[1]).toBe(home);
  expect(inner[0]).toBe(inner[2]);
});

test('asynchronous work is refused', () => {
  const home = here();
  // @ts-expect-error: the type refuses promises too
  expect(() => inNamespace(name, async () => 1)).toThrow(/must be synchronous/);
  // @ts-expect-error: the type refuses promises too
  expect(() => inNamespace(name, () => Promise.resolve(1))).toThrow(/must be synchronous/);
  expect(here()).toBe(home);
});

test('the thread pool stays where the process started, even when work triggers it from a namespace', async () => {
  const home = here();
  const pending: Promise<string>[] = [];
  inNamespace(name, () => {
    for (let index = 0; index < 16; index++) pending.push(readlink('/proc/thread-self/ns/net'));
  });
  expect(new Set(await Promise.all(pending))).toEqual(new Set([home]));
});

test('a namespace without a name lives as long as it is held', () => {
  using held = inNewNamespace(currentNamespace);
  expect(inNamespace(held, here)).not.toBe(here());
});

test('sysctls are read and written per namespace', async () => {
  const before = readSysctl('net.ipv4.ip_forward');
  const other = before === '1' ? '0' : '1';
  writeSysctl('net.ipv4.ip_forward', other, name);
  expect(readSysctl('net.ipv4.ip_forward', name)).toBe(other);
  expect(readSysctl('net.ipv4.ip_forward')).toBe(before);
  expect((await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8')).trim()).toBe(before);
});

test('a sysctl cannot leave /proc/sys', () => {
  expect(() => readSysctl('net.../etc')).toThrow(RangeError);
});
