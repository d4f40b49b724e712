// What is wanted, on a machine that its selector does not take: nothing here needs a network.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { GATEKEEPER } from '../fixtures/gatekeeper.ts';
import { TestDaemon } from '../fixtures/test-daemon.ts';

let daemon: TestDaemon;
const chain = (port: number) => ({
  interface: 'eth9',
  nodes: { site: 'elsewhere' },
  functions: [{ use: 'gatekeeper', config: { closed: [{ port }] } }],
});
const port = async () =>
  (await daemon.ask('GET', '/chains/edge/functions/gatekeeper/config/item?pointer=/closed/0/port')).data;

beforeAll(async () => {
  daemon = new TestDaemon('control');
  await daemon.start();
  expect(await daemon.ask('PUT', '/functions/gatekeeper', { kind: 'source', content: GATEKEEPER })).toMatchObject({
    status: 200,
  });
  expect(await daemon.ask('PUT', '/chains/edge', chain(1))).toMatchObject({ status: 200, data: { revision: 2 } });
});
afterAll(() => daemon[Symbol.asyncDispose]());

test('a change that nobody confirms goes back, also when the daemon was not there at the time', async () => {
  expect(await daemon.ask('PUT', '/chains/edge?confirm=1', chain(2))).toMatchObject({ status: 200 });
  await daemon.stop();
  await delay(1100);
  await daemon.start();
  await vi.waitFor(async () => expect(await port()).toBe(1), { timeout: 5000 });
  expect((await daemon.ask('GET', '/revisions?limit=1')).data).toMatchObject({
    revisions: [{ revision: 4, by: 'node:a' }],
  });
});

test('one that waits holds through a new beginning', async () => {
  expect(await daemon.ask('PUT', '/chains/edge?confirm=600', chain(3))).toMatchObject({ status: 200 });
  await daemon.stop();
  await daemon.start();
  expect((await daemon.ask('GET', '/status')).data).toMatchObject({ unconfirmed: { revision: 5 } });
  expect(await daemon.ask('PUT', '/chains/edge', chain(4))).toMatchObject({ status: 409 });
  expect(await daemon.ask('POST', '/revisions/4/rollback')).toMatchObject({ status: 200 });
  expect(await port()).toBe(1);
});

test('what cannot be kept is not done, and told; later it can be', async () => {
  using other = new DatabaseSync(join(daemon.folder, 'state', 'twinpathd.db'));
  other.exec('BEGIN IMMEDIATE');
  expect(await daemon.ask('PUT', '/chains/edge', chain(5))).toMatchObject({ status: 503, data: { code: 'TP_STORE' } });
  expect(await port()).toBe(1);
  expect((await daemon.ask('GET', '/status')).data).toMatchObject({ healthy: false, store: { reachable: false } });
  other.exec('ROLLBACK');
  const again = async () => expect(await daemon.ask('PUT', '/chains/edge', chain(5))).toMatchObject({ status: 200 });
  await vi.waitFor(again, { timeout: 8000, interval: 200 });
});
