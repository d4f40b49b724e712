import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bpffsPath, isBpffs, mountBpffs } from './bpffs.ts';
import { hasCapability } from './capability.ts';
import { raiseMemlockLimit } from './memlock.ts';

test('the limit on locked memory is lifted as far as the process may', () => {
  const limit = raiseMemlockLimit();
  const [, soft, hard] = /^Max locked memory\s+(\S+)\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  expect(soft).toBe(hard);
  expect(soft).toBe(limit === Number.POSITIVE_INFINITY ? 'unlimited' : String(limit));
  if (hasCapability('CAP_SYS_RESOURCE')) expect(soft).toBe('unlimited');
});

test('the BPF file system is mounted once', () => {
  const mounts = () => readFileSync('/proc/self/mounts', 'utf8').split(` ${bpffsPath} bpf `).length - 1;
  mountBpffs();
  const before = mounts();
  mountBpffs();
  expect(isBpffs(bpffsPath)).toBe(true);
  expect(isBpffs('/proc')).toBe(false);
  expect(mounts()).toBe(before);
});

test('root has the capabilities that we need', () => {
  for (const name of ['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_SYS_ADMIN'] as const) expect(hasCapability(name)).toBe(true);
});
