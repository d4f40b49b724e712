// Chains whose interface goes and comes again, under a daemon.
import { createVeth, deleteLink, Netlink, setLink } from '@twinpath/linux';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { GATEKEEPER } from '../fixtures/gatekeeper.ts';
import { LabHost } from '../fixtures/lab-host.ts';

let host: LabHost;
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 100 });
const state = async () => (await host.ask('GET', '/chains/tp-recovers/status')).data;

beforeAll(async () => {
  host = new LabHost('recovery', 1);
  await host.start();
  await host.ask('PUT', '/functions/gatekeeper', { kind: 'source', content: GATEKEEPER });
});
afterAll(() => host[Symbol.asyncDispose]());

test('a chain that loses its interface is a problem of its own, and runs again when the interface is there again', async () => {
  const chain = { interface: 'port0', namespace: host.namespace, functions: [{ use: 'gatekeeper' }] };
  expect(await host.ask('PUT', '/chains/tp-recovers', chain)).toMatchObject({ status: 200 });
  using netlink = new Netlink(host.namespace);
  deleteLink(netlink, 'port0');
  await eventually(async () =>
    expect(await state()).toMatchObject({ state: 'failed', problem: { code: expect.stringMatching(/^TP_INTERFACE/) } }),
  );
  expect((await host.ask('GET', '/status')).data).toMatchObject({ healthy: false });
  // What is wanted elsewhere goes on.
  expect(await host.ask('PUT', '/chains/other', { ...chain, nodes: { none: 'x' } })).toMatchObject({ status: 200 });

  await host.stop();
  await host.start();
  expect(await state()).toMatchObject({ state: 'failed' });
  createVeth(netlink, { name: 'port0', queues: 1, peer: { name: 'far0', queues: 1 } });
  setLink(netlink, 'port0', { up: true });
  await eventually(async () => expect(await state()).toMatchObject({ state: 'running' }));
  expect((await host.ask('GET', '/status')).data).toMatchObject({ healthy: true });
});
