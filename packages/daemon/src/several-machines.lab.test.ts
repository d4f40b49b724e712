// Two nodes and three members of etcd.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GATEKEEPER } from './fixtures/gatekeeper.ts';
import { LabHost } from './fixtures/lab-host.ts';
import type { GivenSettings } from './settings.ts';
import { EtcdCluster, hasEtcd } from './store/test/etcd-cluster.ts';
import { Wire } from './store/test/wire.ts';

describe.runIf(hasEtcd)('two machines', () => {
  let cluster: EtcdCluster;
  let [a, b]: LabHost[] = [];
  const wires: Wire[] = [];
  const hosts = () => {
    if (a === undefined || b === undefined) throw new Error('not started');
    return { a, b };
  };
  const chain = (host: LabHost, site: string, ports: readonly number[]) => ({
    interface: 'port0',
    namespace: host.namespace,
    nodes: { site },
    functions: [{ use: 'gatekeeper', config: { closed: ports.map((port) => ({ port })) } }],
  });
  const closed = async (host: LabHost, name: string) => {
    const { data } = await host.ask('GET', `/chains/${name}/functions/gatekeeper/tables/refused`);
    return Reflect.get(Object(data), 'entries')
      ?.map(({ key }: { key: { port: number } }) => key.port)
      .toSorted();
  };
  const settingsOf = (node: string, site: string, endpoints: readonly string[]): GivenSettings => ({
    node,
    labels: { site },
    store: { kind: 'etcd', endpoints: [...endpoints] },
  });
  const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 100 });

  beforeAll(async () => {
    cluster = await EtcdCluster.start();
    [a, b] = [new LabHost('node-a', 1), new LabHost('node-b', 1)];
    for (const [index, endpoint] of cluster.endpoints.entries()) {
      wires.push(await Wire.open(join(cluster.folder, `wire${index}`), endpoint.replace('unix:', '')));
    }
    await a.start(settingsOf('a', 'west', cluster.endpoints));
    await b.start(
      settingsOf(
        'b',
        'east',
        wires.map(({ path }) => `unix:${path}`),
      ),
    );
  });
  afterAll(async () => {
    await a?.[Symbol.asyncDispose]();
    await b?.[Symbol.asyncDispose]();
    for (const wire of wires) await wire[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  it('run what their labels select, whoever was told, functions that were uploaded included, and say how they are', async () => {
    const { a, b } = hosts();
    expect(await a.ask('PUT', '/functions/gatekeeper', { kind: 'source', content: GATEKEEPER })).toMatchObject({
      status: 200,
    });
    const document = { chains: { 'tp-west': chain(a, 'west', [1]), 'tp-east': chain(b, 'east', [2]) } };
    const made = await a.ask('PUT', '/document', document);
    expect(made).toMatchObject({ status: 200 });
    await eventually(async () => expect(await closed(b, 'tp-east')).toEqual([2]));
    expect(await closed(a, 'tp-west')).toEqual([1]);
    expect((await a.ask('GET', '/chains')).data).toMatchObject({
      chains: [
        { name: 'tp-east', state: 'elsewhere' },
        { name: 'tp-west', state: 'running' },
      ],
    });
    await eventually(async () => {
      const { data } = await a.ask('GET', '/nodes');
      expect(data).toMatchObject({
        nodes: [
          { node: 'a', revision: 2, healthy: true },
          { node: 'b', revision: 2, healthy: true, labels: { site: 'east' } },
        ],
      });
    });
    // What is for the other one is checked here, too.
    const wrong = { chains: { 'tp-east': chain(b, 'east', [0]) } };
    expect(await a.ask('PATCH', '/document', wrong)).toMatchObject({
      status: 422,
      data: { errors: [{ pointer: '/chains/tp-east/functions/0/config/closed/0/port' }] },
    });
  });

  it('refuse what was made for a revision that is not the newest any more', async () => {
    const { a, b } = hosts();
    const { headers } = await b.ask('GET', '/chains/tp-west');
    const conditions = { headers: { 'if-match': headers.get('etag') ?? '' } };
    const both = await Promise.all([
      a.ask('PUT', '/chains/tp-west', chain(a, 'west', [3]), conditions),
      b.ask('PUT', '/chains/tp-west', chain(a, 'west', [4]), conditions),
    ]);
    const statuses = both.map(({ status }) => status).toSorted();
    expect(statuses[0]).toBe(200);
    expect([409, 412]).toContain(statuses[1]);
    const winner = both[0]?.status === 200 ? [3] : [4];
    await eventually(async () => expect(await closed(a, 'tp-west')).toEqual(winner));
  });

  it('one that is cut off goes on with what it has, takes no changes, also when it begins anew, and catches up', async () => {
    const { a, b } = hosts();
    for (const wire of wires) wire.cut();
    await eventually(async () =>
      expect((await b.ask('GET', '/status')).data).toMatchObject({ healthy: false, store: { reachable: false } }),
    );
    expect(await b.ask('PUT', '/chains/tp-east', chain(b, 'east', [6]))).toMatchObject({
      status: 503,
      data: { code: 'TP_STORE' },
    });
    expect(await closed(b, 'tp-east')).toEqual([2]);
    expect(await a.ask('PUT', '/chains/tp-east', chain(b, 'east', [7]))).toMatchObject({ status: 200 });

    await b.stop();
    await b.start(
      settingsOf(
        'b',
        'east',
        wires.map(({ path }) => `unix:${path}`),
      ),
    );
    expect(await closed(b, 'tp-east')).toEqual([2]);
    for (const wire of wires) wire.mend();
    await eventually(async () => expect(await closed(b, 'tp-east')).toEqual([7]));
    expect((await b.ask('GET', '/status')).data).toMatchObject({ healthy: true });
  });
});
