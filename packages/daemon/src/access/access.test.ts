import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { openDatabase } from '../store/database.ts';
import { Accounts } from './accounts.ts';
import { Audit } from './audit.ts';
import { allows, widest } from './caller.ts';
import { RateLimit } from './rate-limit.ts';
import { Tokens } from './tokens.ts';

test('scopes contain one another', () => {
  expect(allows('admin', 'write')).toBe(true);
  expect(allows('write', 'write')).toBe(true);
  expect(allows('read', 'write')).toBe(false);
  expect(widest(['write', 'read'])).toBe('write');
  expect(widest([])).toBeUndefined();
});

describe('a token', () => {
  const database = openDatabase(':memory:');
  const tokens = new Tokens(database);
  beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-11-21T18:00:00Z') }));
  afterEach(() => void vi.useRealTimers());

  it('is known by its secret, of which only a hash is kept', () => {
    const issued = tokens.create({ name: 'deploy', scope: 'write' });
    expect(tokens.find(issued?.secret ?? '')).toMatchObject({ name: 'deploy', scope: 'write' });
    expect(tokens.create({ name: 'deploy', scope: 'admin' })).toBeUndefined();
    for (const wrong of ['', 'tpt_', `${issued?.secret}x`, `tpt_${'a'.repeat(43)}`]) {
      expect(tokens.find(wrong)).toBeUndefined();
    }
    const kept = JSON.stringify(database.prepare('SELECT hex(hash) AS hash, * FROM token').all());
    expect(kept).not.toContain(issued?.secret.slice(4));
    expect(tokens.list()).toEqual([expect.not.objectContaining({ secret: expect.anything() })]);
  });

  it('gets another secret, and the one before holds for a while', () => {
    const first = tokens.create({ name: 'rotated', scope: 'read' })?.secret ?? '';
    const second = tokens.rotate('rotated', 60)?.secret ?? '';
    expect(second).not.toBe(first);
    expect([first, second].map((secret) => tokens.find(secret)?.name)).toEqual(['rotated', 'rotated']);
    vi.advanceTimersByTime(61_000);
    expect([first, second].map((secret) => tokens.find(secret)?.name)).toEqual([undefined, 'rotated']);
    expect(tokens.delete('rotated')).toBe(true);
    expect(tokens.delete('rotated')).toBe(false);
    expect(tokens.find(second)).toBeUndefined();
    expect(tokens.rotate('rotated', 0)).toBeUndefined();
  });

  it('ends when it says', () => {
    const secret = tokens.create({ name: 'short', scope: 'read', expiresAt: '2026-11-21T18:00:10.000Z' })?.secret ?? '';
    expect(tokens.find(secret)?.name).toBe('short');
    vi.advanceTimersByTime(10_000);
    expect(tokens.find(secret)).toBeUndefined();
  });
});

test('users of the machine have the widest scope that is said of them or of their groups', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tp-accounts-'));
  const files = { passwd: join(folder, 'passwd'), group: join(folder, 'group') };
  writeFileSync(files.passwd, 'root:x:0:0::/root:/bin/sh\nann:x:1001:1001::/:\nbob:x:1002:1002::/:\n');
  writeFileSync(files.group, 'root:x:0:\nops:x:2000:ann,bob\nann:x:1001:\n');
  const accounts = new Accounts({ users: { ann: 'write', 1003: 'read' }, groups: { ops: 'read' } }, files);
  const scopes = [0, 1001, 1002, 1003, 1004].map((uid) => accounts.scopeOf({ uid, gid: 1 }));
  expect(scopes).toEqual(['admin', 'write', 'read', 'read', undefined]);
  expect(accounts.scopeOf({ uid: 1004, gid: 2000 })).toBe('read');
  expect(() => new Accounts({ users: { eve: 'read' }, groups: {} }, files)).toThrow("user 'eve'");
  rmSync(folder, { recursive: true });
});

test('a caller may ask so often, and others are not the worse for it', () => {
  const limit = new RateLimit({ requestsPerSecond: 10, burst: 3 });
  const asked = (caller: string, now: number) => limit.allows(caller, now);
  expect([0, 0, 0, 0].map((now) => asked('a', now))).toEqual([true, true, true, false]);
  expect(asked('b', 0)).toBe(true);
  expect(asked('a', 0.05)).toBe(false);
  expect(asked('a', 0.15)).toBe(true);
});

test('the audit log keeps the last records, page by page', () => {
  const audit = new Audit(openDatabase(':memory:'));
  const record = {
    at: '2026-11-21T18:00:00.000Z',
    by: 'uid:0',
    from: 'socket',
    operation: 'putChain',
    target: '/v1/chains/a',
  };
  for (const status of [200, 409, 403]) audit.add({ ...record, status });
  audit.add({ ...record, status: 200, revision: 7 });
  const [last, ...others] = audit.list({ limit: 3 });
  expect(last).toEqual({ ...record, id: 4, status: 200, revision: 7 });
  expect(others.map(({ status }) => status)).toEqual([403, 409]);
  expect(audit.list({ before: 2, limit: 3 })).toEqual([{ ...record, id: 1, status: 200 }]);
});
