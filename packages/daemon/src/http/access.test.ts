// Every route with every kind of caller.
import { type Operation, operations, type Scope } from '@twinpath/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection } from '../access/caller.ts';
import { TestDaemon } from '../fixtures/test-daemon.ts';

const CERTIFICATES = { reader: 'read', writer: 'write', owner: 'admin' } as const;
const address = '192.0.2.1';
const tcp = (certificate?: string): Connection => ({
  kind: 'tcp',
  address,
  ...(certificate !== undefined && { certificate }),
});
const user = (uid: number): Connection => ({ kind: 'socket', uid, gid: 65534 });

let daemon: TestDaemon;
const secrets = new Map<string, string>();
const paths = { certificate: '/nowhere', key: '/nowhere' };

beforeAll(async () => {
  daemon = new TestDaemon('access');
  const socket = { path: daemon.socket, users: { 4001: 'read', 4002: 'write', 4003: 'admin' } } as const;
  await daemon.start({ socket });
  for (const scope of ['read', 'write', 'admin'] as const) {
    secrets.set(scope, daemon.running.tokens.create({ name: scope, scope })?.secret ?? '');
  }
  secrets.set(
    'ended',
    daemon.running.tokens.create({ name: 'ended', scope: 'admin', expiresAt: '2020-01-01T00:00:00Z' })?.secret ?? '',
  );
  secrets.set('none', 'tpt_none');
});
afterAll(() => daemon[Symbol.asyncDispose]());

interface Kind {
  readonly who: string;
  readonly connection: Connection;
  readonly secret?: string;
  /** `undefined`: nobody who is known, which is told by `refused`. */
  readonly scope: Scope | undefined;
  readonly refused?: 401 | 403;
  readonly mayBringCode?: boolean;
}

const KINDS: readonly Kind[] = [
  { who: 'nobody', connection: tcp(), scope: undefined, refused: 401 },
  { who: 'a token that there is not', connection: tcp(), secret: 'none', scope: undefined, refused: 401 },
  { who: 'a token that has ended', connection: tcp(), secret: 'ended', scope: undefined, refused: 401 },
  { who: 'a token to read', connection: tcp(), secret: 'read', scope: 'read' },
  { who: 'a token to write', connection: tcp(), secret: 'write', scope: 'write' },
  { who: 'a token of an administrator', connection: tcp(), secret: 'admin', scope: 'admin' },
  { who: 'root', connection: user(0), scope: 'admin', mayBringCode: true },
  { who: 'a user whom nobody names', connection: user(4000), scope: undefined, refused: 403 },
  { who: 'a user to read', connection: user(4001), scope: 'read' },
  { who: 'a user to write', connection: user(4002), scope: 'write' },
  { who: 'a user who administers', connection: user(4003), scope: 'admin', mayBringCode: true },
  // A token does not make more of who asks over the socket.
  { who: 'a user to read with a token', connection: user(4001), secret: 'admin', scope: 'read' },
];

const ORDER: readonly Scope[] = ['read', 'write', 'admin'];
const allowed = (given: Scope, needed: Scope) => ORDER.indexOf(given) >= ORDER.indexOf(needed);

async function statusOf({ method, path }: Operation, connection: Connection, secret?: string): Promise<number> {
  // Nothing of this name; a body that is refused: what is allowed does nothing either.
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === 'revision' ? '999' : 'none'));
  const request = new Request(`http://localhost${filled}`, {
    method: method.toUpperCase(),
    headers: { 'content-type': 'application/json', ...(secret !== undefined && { authorization: `Bearer ${secret}` }) },
    ...(method !== 'get' && { body: '"no"' }),
  });
  const response = await daemon.running.app.fetch(request, { connection });
  await response.body?.cancel();
  return response.status;
}

describe.each(KINDS)('$who', ({ connection, secret, scope, refused, mayBringCode = false }) => {
  it.each(Object.values<Operation>(operations).map((one) => [one.id, one] as const))('%s', async (id, operation) => {
    const status = await statusOf(operation, connection, secret && secrets.get(secret));
    if (scope === undefined) expect(status).toBe(refused);
    else if (!allowed(scope, operation.scope)) expect(status).toBe(403);
    // The body is looked at first.
    else if (id === 'deleteFunction' && !mayBringCode) expect(status).toBe(403);
    else expect([401, 403]).not.toContain(status);
    expect(status).toBeLessThan(500);
    expect(daemon.running.control.head.revision).toBe(0);
  });
});

it('over TCP, code comes along only where the settings say so, by whoever', async () => {
  const body = { kind: 'source', content: 'export default 5' };
  const bring = async (of: TestDaemon, connection: Connection, authorization: string) =>
    (await of.ask('PUT', '/functions/mine', body, { connection, headers: { authorization } })).status;
  const file = { interface: 'none', functions: [{ use: '/etc/mine.vnf.ts' }] };
  const token = `Bearer ${secrets.get('admin')}`;
  expect(await bring(daemon, tcp(), token)).toBe(403);
  expect(
    await daemon.ask('DELETE', '/functions/mine', undefined, { connection: tcp(), headers: { authorization: token } }),
  ).toMatchObject({ status: 403 });
  expect(await bring(daemon, user(4003), '')).toBe(422);
  expect(await daemon.ask('PUT', '/chains/a', file, { connection: user(4002) })).toMatchObject({ status: 422 });
});

describe('a certificate', () => {
  it.each(Object.entries(CERTIFICATES))('of %s has the scope %s, and others have none', async (name, scope) => {
    const { identify } = await import('../access/identify.ts');
    const { Accounts } = await import('../access/accounts.ts');
    const accounts = new Accounts({ users: {}, groups: {} });
    const settings = { tcp: { listen: '', uploads: true, certificates: CERTIFICATES, ...paths } };
    const known = { accounts, tokens: daemon.running.tokens, settings };
    expect(identify(tcp(name), undefined, known)).toEqual({
      by: `certificate:${name}`,
      from: address,
      scope,
      mayBringCode: scope === 'admin',
    });
    for (const other of ['other', '__proto__', 'constructor'])
      expect(() => identify(tcp(other), undefined, known)).toThrow('no scope is given');
    expect(() => identify(tcp(name), 'Bearer tpt_wrong', known)).toThrow('the token is not known');
    expect(() => identify(tcp(name), undefined, { ...known, settings: {} })).toThrow('no scope is given');
  });
});

it('who asks too often is refused, others are not, and neither floods the audit log', async () => {
  const busy = new TestDaemon('busy');
  await using _ = busy;
  await busy.start({ limits: { requestsPerSecond: 0.001, burst: 5 } });
  const ask = (connection: Connection) => busy.ask('GET', '/status', undefined, { connection });
  const statuses = [];
  for (let n = 0; n < 8; n++) statuses.push((await ask(tcp())).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  expect(await ask({ ...tcp(), kind: 'tcp', address: '192.0.2.2' })).toMatchObject({ status: 401 });
  expect(await ask(user(0))).toMatchObject({ status: 200 });
  const { data } = await busy.ask('GET', '/audit');
  expect(Reflect.get(Object(data), 'records')).toHaveLength(6);
});
