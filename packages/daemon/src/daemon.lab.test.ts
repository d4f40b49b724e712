import { buffer } from 'node:stream/consumers';
import { Client, ProblemError } from '@twinpath/api';
import { PacketSocket } from '@twinpath/linux';
import { readCapture } from '@twinpath/packet/pcap';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GATEKEEPER } from './fixtures/gatekeeper.ts';
import { LabHost } from './fixtures/lab-host.ts';

let host: LabHost;
const edge = (closed: readonly number[], more: object = {}) => ({
  interface: 'port0',
  namespace: host.namespace,
  functions: [{ use: 'gatekeeper', config: { closed: closed.map((port) => ({ port })), ...more } }],
});
const config = '/chains/edge/functions/gatekeeper/config';
const closedPorts = async () => {
  const { data } = await host.ask('GET', '/chains/edge/functions/gatekeeper/tables/refused?limit=1000');
  expect(data).toMatchObject({ table: 'refused' });
  return Reflect.get(Object(data), 'entries')
    .map(({ key }: { key: { port: number } }) => key.port)
    .toSorted();
};

beforeAll(async () => {
  host = new LabHost('daemon');
  await host.start();
});
afterAll(() => host[Symbol.asyncDispose]());

describe('an operator', () => {
  it('uploads a function, which appears everywhere with no change to ours', async () => {
    expect(await host.ask('GET', '/functions/gatekeeper')).toMatchObject({ status: 404 });
    const upload = { kind: 'source', content: GATEKEEPER };
    expect(await host.ask('PUT', '/functions/gatekeeper', upload)).toMatchObject({
      status: 200,
      data: { revision: 1, functions: ['gatekeeper'] },
    });
    expect(await host.ask('PUT', '/functions/gatekeeper', upload)).toMatchObject({
      data: { revision: 1, functions: [] },
    });
    expect((await host.ask('GET', '/functions/gatekeeper')).data).toMatchObject({
      origin: 'uploaded',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      uploadedBy: 'uid:0',
      summary: 'Closes UDP ports',
      config: { properties: { closed: { type: 'array' } } },
      tables: [{ name: 'refused', kind: 'table', max: 1000, key: ['port'], value: ['rule'] }],
      operations: [{ name: 'count' }, { name: 'fail' }],
    });
    expect((await host.ask('GET', '/openapi.json')).data).toHaveProperty([
      'components',
      'schemas',
      'Config.gatekeeper',
    ]);
    for (const [name, content, code] of [
      ['other', GATEKEEPER, 'TP_NAME'],
      ['broken', 'export default 5;', 'TP_COMPILE'],
      ['endless', `${GATEKEEPER.replaceAll('gatekeeper', 'endless')}\nprocess.exit(1);`, 'TP_FUNCTION'],
    ]) {
      const refused = await host.ask('PUT', `/functions/${name}`, { kind: 'source', content });
      expect(refused, name).toMatchObject({ status: 422, data: { code } });
    }
  });

  it('sees what a change would do, makes it, and is told what is wrong at its place', async () => {
    const dry = await host.ask('PUT', '/chains/edge?dryRun=true', edge([53]));
    expect(dry).toMatchObject({
      status: 200,
      data: { dryRun: true, revision: 1, chains: [{ chain: 'edge', action: 'start' }] },
    });
    expect(await host.ask('GET', '/chains/edge')).toMatchObject({ status: 404 });

    // What the host says, as the change itself would hear it.
    const [port] = Reflect.get(Object(dry.data), 'ports');
    expect(port).toMatchObject({ chain: 'edge', pointer: '/interface', interface: 'port0', hook: 'tcx' });
    // What only a trial would tell stays open, and is not tried.
    const untried = await host.ask('PUT', '/chains/edge?dryRun=true', { ...edge([53]), interface: 'lo' });
    const [loopback] = Reflect.get(Object(untried.data), 'ports');
    expect(loopback).toEqual(expect.not.objectContaining({ hook: expect.anything() }));
    expect(loopback).toMatchObject({ interface: 'lo', why: expect.stringContaining('before it is tried') });
    const wanted = { ports: { in: 'port0', out: { interface: 'port7' } }, namespace: host.namespace };
    const { functions } = edge([53]);
    const chains = {
      gone: { ...wanted, paths: ['in → gatekeeper → out'], functions },
      one: { ...edge([53]), hook: 'xdp', namespace: host.namespace },
      two: { ...edge([53]), hook: 'xdp', namespace: host.namespace },
      lost: { ...edge([53]), namespace: 'tp-m-nowhere' },
    };
    const refusals = await host.ask('PATCH', '/document?dryRun=true', { chains });
    expect(refusals).toMatchObject({
      status: 409,
      data: {
        code: 'TP_INTERFACE',
        detail: expect.stringContaining('there is no interface port7'),
        errors: [
          { pointer: '/chains/gone/ports/out/interface', hint: expect.stringContaining('port0') },
          { pointer: '/chains/two/interface', detail: expect.stringContaining('that of chain one') },
          { pointer: '/chains/lost/namespace' },
        ],
      },
    });
    const errorsOf = ({ data }: { readonly data: unknown }) => {
      const { code, detail, errors } = Object(data);
      return { code, detail, errors };
    };
    for (const refused of [chains.gone, chains.lost]) {
      const asked = await host.ask('PUT', '/chains/edge?dryRun=true', refused);
      expect(asked).toMatchObject({ status: 409 });
      expect(errorsOf(await host.ask('PUT', '/chains/edge', refused))).toEqual(errorsOf(asked));
    }

    const made = await host.ask('PUT', '/chains/edge', edge([53]));
    expect(made).toMatchObject({ status: 200, data: { revision: 2 } });
    expect(made.headers.get('etag')).toBe('"r2"');
    expect(await closedPorts()).toEqual([53]);
    expect((await host.ask('GET', '/status')).data).toMatchObject({
      healthy: true,
      chains: [
        { name: 'edge', state: 'running', ports: [{ interface: 'port0' }], functions: [{ name: 'gatekeeper' }] },
      ],
    });

    const wrong = edge([53, 0]);
    for (const path of ['/chains/edge', '/chains/edge?dryRun=true']) {
      expect(await host.ask('PUT', path, wrong)).toMatchObject({
        status: 422,
        data: { code: 'TP_CONFIG', errors: [{ pointer: '/functions/0/config/closed/1/port' }] },
      });
    }
    const yaml = `interface: port0\nnamespace: ${host.namespace}\nfunctions:\n  - use: gatekeeper\n    config:\n      closed:\n        - port: zero\n`;
    const asYaml = { headers: { 'content-type': 'application/yaml' }, raw: true };
    expect(await host.ask('PUT', '/chains/edge', yaml, asYaml)).toMatchObject({
      status: 422,
      data: { errors: [{ line: 7, column: 17, pointer: '/functions/0/config/closed/0/port' }] },
    });
    expect(await host.ask('PUT', '/chains/edge', 'a: [', asYaml)).toMatchObject({
      status: 400,
      data: { detail: expect.stringMatching(/line 1/) },
    });
    expect(await host.ask('PUT', '/chains/other', { ...edge([]), interface: 'none' })).toMatchObject({
      status: 409,
      data: { code: 'TP_INTERFACE' },
    });
    expect(await closedPorts()).toEqual([53]);
    expect((await host.ask('GET', '/revisions')).data).toMatchObject({ revisions: [{ revision: 2 }, { revision: 1 }] });
  });

  it('changes a configuration whole, in part, and item by item, unless somebody else was first', async () => {
    const { headers } = await host.ask('GET', config);
    const ifMatch = { headers: { 'if-match': headers.get('etag') ?? '' } };
    expect(await host.ask('PUT', config, { closed: [{ port: 1 }] }, ifMatch)).toMatchObject({ status: 200 });
    expect(await host.ask('PUT', config, { closed: [] }, ifMatch)).toMatchObject({
      status: 412,
      data: { code: 'TP_PRECONDITION' },
    });
    expect(await host.ask('PATCH', config, { closed: [{ port: 1 }, { port: 2 }] })).toMatchObject({ status: 200 });
    expect(await host.ask('PUT', `${config}/item?pointer=/closed/-`, { port: 3 })).toMatchObject({ status: 200 });
    expect(await host.ask('DELETE', `${config}/item?pointer=/closed/0`)).toMatchObject({ status: 200 });
    expect(await closedPorts()).toEqual([2, 3]);
    expect(await host.ask('GET', `${config}/item?pointer=/closed/1/port`)).toMatchObject({ data: 3 });
    expect(await host.ask('PUT', `${config}/item?pointer=/closed/1/port`, 'x')).toMatchObject({
      status: 422,
      data: { errors: [{ pointer: '' }] },
    });
    expect(await host.ask('DELETE', `${config}/item?pointer=/closed/7`)).toMatchObject({ status: 404 });
    const unchanged = { headers: { 'if-none-match': (await host.ask('GET', config)).headers.get('etag') ?? '' } };
    expect(await host.ask('GET', config, undefined, unchanged)).toMatchObject({ status: 304 });
  });

  it('never sees a secret again, nor does anybody else', async () => {
    const secret = 'correct horse battery';
    const said = [
      await host.ask('PATCH', config, { password: secret }),
      await host.ask('PATCH', config, { password: `${secret} staple`, fail: true }),
      await host.ask('PATCH', config, { password: 7 }),
      await host.ask('GET', '/chains/edge'),
      await host.ask('GET', '/document'),
      await host.ask('GET', `${config}/item?pointer=/password`),
      await host.ask('GET', `/revisions/${host.running.control.head.revision}`),
      await host.ask('GET', '/audit'),
    ];
    expect(said.map(({ status }) => status)).toEqual([200, 422, 422, 200, 200, 200, 200, 200]);
    expect(said[5]?.data).toBe('(secret)');
    expect(said[1]?.data).toMatchObject({ detail: expect.stringContaining('asked to fail with (secret)') });
    const ended = new AbortController();
    for await (const event of host.running.events.listen(ended.signal, 0)) {
      said.push({ status: 200, data: event, headers: new Headers() });
      if (event.kind === 'log' && event.text.includes('(secret)')) ended.abort();
    }
    expect(JSON.stringify(said.map(({ data }) => data))).not.toMatch(/horse/);
    // What is shown can be sent back.
    expect(await host.ask('PUT', '/chains/edge', said[3]?.data)).toMatchObject({ status: 200, data: { chains: [] } });
    const { data } = await host.ask('GET', '/status');
    expect(data).toMatchObject({ healthy: true });
  });

  it('finds entries of tables, and runs operations', async () => {
    await host.ask('PUT', config, { closed: Array.from({ length: 25 }, (_, n) => ({ port: 100 + n })) });
    const table = '/chains/edge/functions/gatekeeper/tables/refused';
    const { data } = await host.ask('GET', `${table}?offset=20&limit=10`);
    expect(data).toMatchObject({ total: 25, offset: 20, entries: { length: 5 } });
    expect(await host.ask('GET', `${table}?where=key.port=107,value.rule=7`)).toMatchObject({
      data: { total: 1, entries: [{ key: { port: 107 }, value: { rule: 7 } }] },
    });
    expect(await host.ask('GET', `${table}?where=port`)).toMatchObject({ status: 400 });
    expect(await host.ask('GET', '/chains/edge/functions/gatekeeper/tables/other')).toMatchObject({ status: 404 });
    const operations = '/chains/edge/functions/gatekeeper/operations';
    expect(await host.ask('POST', `${operations}/count`, {})).toMatchObject({
      data: { result: { closed: 25, large: '1152921504606846976' } },
    });
    expect(await host.ask('POST', `${operations}/count`, 5)).toMatchObject({ status: 422 });
    expect(await host.ask('POST', `${operations}/fail`, 'no')).toMatchObject({ status: 422, data: { detail: 'no' } });
    expect(await host.ask('POST', `${operations}/none`, {})).toMatchObject({ status: 404 });
  });

  it('changes several chains together, or none of them', async () => {
    const both = { chains: { edge: edge([7]), inner: { ...edge([8]), interface: 'port1' } } };
    const bad = { chains: { ...both.chains, inner: { ...edge([8], { fail: true }), interface: 'port1' } } };
    const before = await closedPorts();
    expect(await host.ask('PUT', '/document', bad)).toMatchObject({
      status: 422,
      data: { detail: expect.stringContaining('asked to fail') },
    });
    expect(await closedPorts()).toEqual(before);
    expect((await host.ask('GET', '/chains')).data).toMatchObject({ chains: [{ name: 'edge' }] });
    expect(await host.ask('PUT', '/document', both)).toMatchObject({ status: 200 });
    expect(await closedPorts()).toEqual([7]);
    // The one goes, and the other takes its interface.
    const swapped = { chains: { inner: null, edge: null, third: { ...edge([9]), interface: 'port1' } } };
    expect(await host.ask('PATCH', '/document', swapped)).toMatchObject({ status: 200 });
    expect((await host.ask('GET', '/status')).data).toMatchObject({
      healthy: true,
      chains: [{ name: 'third', state: 'running' }],
    });
    expect(await host.ask('DELETE', '/functions/gatekeeper')).toMatchObject({ status: 422 });
  });

  it('moves a chain to the engine and back, or leaves it where it was', async () => {
    const there = { ...edge([9]), interface: 'port1' };
    const status = async () => (await host.ask('GET', '/chains/third/status')).data;
    expect(await host.ask('PUT', '/chains/third', { ...there, on: 'engine' })).toMatchObject({ status: 200 });
    expect(await status()).toMatchObject({ state: 'running', on: 'engine' });
    expect(await host.ask('PUT', '/chains/third', edge([9], { fail: true }))).toMatchObject({ status: 422 });
    expect(await status()).toMatchObject({ state: 'running', on: 'engine' });
    // The engine's XDP program will be gone by then.
    const dry = await host.ask('PUT', '/chains/third?dryRun=true', { ...there, hook: 'xdp' });
    expect(dry).toMatchObject({ status: 200, data: { ports: [{ hook: 'xdp' }] } });
    const beside = await host.ask('PUT', '/chains/beside?dryRun=true', { ...there, hook: 'xdp' });
    expect(beside).toMatchObject({ status: 409, data: { code: 'TP_INTERFACE_TAKEN' } });
    expect(await host.ask('PUT', '/chains/third', there)).toMatchObject({ status: 200 });
    expect(await status()).toMatchObject({ state: 'running', on: 'kernel' });
  });

  it('goes back, by itself or because nobody confirms', async () => {
    const { data } = await host.ask('GET', '/status');
    const last: number = Reflect.get(Object(data), 'revision');
    expect(await host.ask('PUT', '/chains/edge?message=one', edge([1]))).toMatchObject({ status: 200 });
    expect(await host.ask('POST', `/revisions/${last}/rollback`)).toMatchObject({
      status: 200,
      data: { revision: last + 2 },
    });
    expect(await host.ask('GET', '/chains/edge')).toMatchObject({ status: 404 });
    expect(await host.ask('POST', `/revisions/${last + 1}/rollback`)).toMatchObject({ status: 200 });
    expect(await closedPorts()).toEqual([1]);

    expect(await host.ask('PUT', '/chains/edge?confirm=60', edge([2]))).toMatchObject({
      data: { confirmBy: expect.any(String) },
    });
    expect(await host.ask('PUT', '/chains/edge', edge([3]))).toMatchObject({
      status: 409,
      data: { code: 'TP_UNCONFIRMED' },
    });
    expect(await host.ask('POST', `/revisions/${last + 4}/confirm`)).toMatchObject({ status: 200 });
    expect(await host.ask('POST', `/revisions/${last + 4}/confirm`)).toMatchObject({ status: 409 });
    expect(await host.ask('PUT', '/chains/edge?confirm=1', edge([3]))).toMatchObject({ status: 200 });
    expect(await closedPorts()).toEqual([3]);
    const wentBack = { revisions: [{ revision: last + 6, by: 'node:a' }] };
    const newest = async () => (await host.ask('GET', '/revisions?limit=1')).data;
    await vi.waitFor(async () => expect(await newest()).toMatchObject(wentBack), { timeout: 8000, interval: 100 });
    expect(await closedPorts()).toEqual([2]);
    expect((await host.ask('GET', `/revisions/${last + 5}`)).data).toMatchObject({
      document: { chains: { edge: edge([3]) } },
    });
  });

  it('brings another version of a function, and chains go on with it and what their tables hold', async () => {
    const content = GATEKEEPER.replace('Closes UDP ports', 'Closes them better').replace(
      'tables.refused.replace',
      'if (config.closed.length > 1) tables.refused.replace',
    );
    expect(await host.ask('PUT', '/functions/gatekeeper', { kind: 'source', content })).toMatchObject({ status: 200 });
    expect((await host.ask('GET', '/functions/gatekeeper')).data).toMatchObject({ summary: 'Closes them better' });
    expect(await closedPorts()).toEqual([2]);
  });

  it('listens to what happens, also to what happened before, and captures packets, over the socket', async () => {
    using client = new Client({ socket: host.socket });
    const ended = new AbortController();
    const seen: string[] = [];
    const listening = (async () => {
      for await (const event of client.events({ after: 0, signal: ended.signal })) {
        seen.push(event.kind);
        if (event.kind === 'changed' && event.by === `uid:${process.getuid?.()}` && event.chains[0] === 'edge') break;
      }
    })();
    await listening;
    expect(seen).toContain('changed');

    const capturing = client.stream('capture', {
      params: { chain: 'edge', port: 'port0' },
      query: { packets: 3, seconds: 5 },
    });
    const stream = await capturing;
    using far = new PacketSocket({ link: 'far0', namespace: host.namespace });
    for (let n = 0; n < 3; n++) far.send(new Uint8Array(60).fill(n, 14));
    const captured = [...readCapture(new Uint8Array(await buffer(stream)))];
    expect(captured.map(({ length }) => length)).toEqual([60, 60, 60]);

    await expect(client.call('getChain', { params: { chain: 'none' } })).rejects.toThrow(ProblemError);
    const { data, etag } = await client.call('getChain', { params: { chain: 'edge' } });
    expect(etag).toMatch(/^"r\d+"$/);
    await expect(
      client.call('putChain', { params: { chain: 'edge' }, body: data, ifMatch: '"r1"' }),
    ).rejects.toMatchObject({ status: 412 });
  });

  it('finds all as it was after the daemon has ended, and who did what in the audit log', async () => {
    const before = await host.ask('GET', '/document');
    await host.stop();
    await host.start();
    expect((await host.ask('GET', '/document')).data).toEqual(before.data);
    // What runs begins anew: its tables were taken away with it, and this version fills them with more than one port alone.
    expect(await closedPorts()).toEqual([]);
    const { data } = await host.ask('GET', '/audit?limit=1000');
    const operations = Reflect.get(Object(data), 'records').map(({ operation }: { operation: string }) => operation);
    expect(new Set(operations)).toEqual(
      expect.objectContaining(new Set(['uploadFunction', 'putChain', 'rollback', 'confirm'])),
    );
    expect(JSON.stringify(data)).not.toContain('closed');
  });
});
