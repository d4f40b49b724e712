import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capabilities, parseCapabilities } from './capability.ts';
import { clockNs } from './clock.ts';
import { errnoName } from './errno.ts';
import { kernelVersion, parseCpuList, parseKernelVersion, possibleCpus } from './kernel.ts';
import { check, isSyscallError, SyscallError } from './syscall-error.ts';

describe('system call errors', () => {
  test('say what failed, with which object, why, and what to do', () => {
    const error = new SyscallError('bpf(MAP_CREATE)', 1, { subject: 'map "flows"', hint: 'run as root' });
    expect(error.message).toBe('bpf(MAP_CREATE) for map "flows" failed: EPERM (operation not permitted)');
    expect(error).toMatchObject({ code: 'EPERM', errno: 1, call: 'bpf(MAP_CREATE)', hint: 'run as root' });
  });

  test('carry the kernel’s own explanation', () => {
    expect(new SyscallError('netlink', 22, { detail: 'mtu too large' }).message).toMatch(/invalid argument\): mtu too/);
  });

  test('check passes results on and throws on minus an errno', () => {
    expect(check('x', 7)).toBe(7);
    expect(() => check('x', -2)).toThrow(SyscallError);
    expect(isSyscallError(new SyscallError('x', 2), 'EPERM', 'ENOENT')).toBe(true);
    expect(isSyscallError(new SyscallError('x', 2), 'EPERM')).toBe(false);
    expect(isSyscallError(new Error('x'))).toBe(false);
  });

  test.each([
    [11, 'EAGAIN'],
    [95, 'EOPNOTSUPP'],
    [524, 'ENOTSUPP'],
    [9999, 'errno 9999'],
  ])('errno %i is %s', (errno, name) => {
    expect(errnoName(errno)).toBe(name);
  });
});

describe('what the machine is', () => {
  test('capability masks name their bits', () => {
    expect(parseCapabilities('0000008000001000')).toEqual(new Set(['CAP_BPF', 'CAP_NET_ADMIN']));
    expect(parseCapabilities('0')).toEqual(new Set());
    expect(capabilities()).toBeInstanceOf(Set);
  });

  test('CPU lists are expanded', () => {
    expect(parseCpuList('0-3,8,10-11\n')).toEqual([0, 1, 2, 3, 8, 10, 11]);
    expect(parseCpuList('\n')).toEqual([]);
    expect(() => parseCpuList('a-b')).toThrow(RangeError);
    expect(possibleCpus().length).toBeGreaterThan(0);
    const cpus = fc.uniqueArray(fc.nat(300), { minLength: 1 });
    fc.assert(
      fc.property(cpus, (list) => {
        expect(parseCpuList(list.join(','))).toEqual(list);
      }),
    );
  });

  test('kernel releases are parsed', () => {
    expect(parseKernelVersion('6.1.0-13-amd64')).toEqual({ major: 6, minor: 1, patch: 0 });
    expect(parseKernelVersion('7.3-rc1')).toEqual({ major: 7, minor: 3, patch: 0 });
    expect(kernelVersion().major).toBeGreaterThanOrEqual(5);
  });

  test('the monotonic clock is the one that /proc/uptime and Node show', () => {
    const before = process.hrtime.bigint();
    const now = clockNs('monotonic');
    expect(now).toBeGreaterThanOrEqual(before);
    expect(process.hrtime.bigint()).toBeGreaterThanOrEqual(now);
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    expect(Math.abs(Number(clockNs('boottime')) / 1e9 - uptime)).toBeLessThan(1);
  });
});
