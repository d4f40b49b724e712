// Chains in the engine: ports of several functions, changes while they run, and how they end.

import { packetFromText, packetView } from '@twinpath/packet';
import { type ChainSpec, lineChain } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silent } from '../fixtures/silent.ts';
import { type SimulatedChain, startSimulatedChain } from './start-simulated-chain.ts';

const file = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const stamp = (name: string, digit: number) => ({ name, use: file('stamp.vnf.ts'), config: { digit } });
const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

const A = '02:00:00:00:00:0a';
const B = '02:00:00:00:00:0b';

/** What has come out, as `port side: destination port of UDP`. */
const seen = (chain: SimulatedChain) =>
  chain
    .take()
    .map(({ port, side, bytes }) => {
      return `${port} ${side}: ${packetView(bytes, { port, now: 0 }).ip()?.udp()?.dport ?? '-'}`;
    })
    .toSorted();

describe.each(['xdp', 'tcx'] as const)('a bridge with a function behind one of three ports, on %s', (hook) => {
  let chain: SimulatedChain;
  beforeAll(async () => {
    const spec: ChainSpec = {
      name: 'bridged',
      ports: { a: { interface: 'a', hook }, b: { interface: 'b', hook }, c: { interface: 'c', hook } },
      paths: [
        ['a', 'bridge:a'],
        ['b', 's', 'bridge:b'],
        ['c', 'bridge:c'],
      ],
      functions: [{ name: 'bridge', use: file('bridge.vnf.ts') }, stamp('s', 7)],
    };
    chain = await startSimulatedChain(spec, { log: silent });
  });
  afterAll(() => chain.stop());

  test('floods through the function, and knows afterwards', () => {
    const from = (source: string, destination: string) =>
      packetFromText(`eth ${source} > ${destination} / ip 10.0.0.1 > 10.0.0.2 / udp 5 > 0 / "x"`);
    chain.send('a', 'wire', from(A, B));
    expect(seen(chain)).toEqual(['b wire: 7', 'c wire: 0']);
    chain.send('b', 'wire', from(B, A));
    expect(seen(chain)).toEqual(['a wire: 7']);
    chain.send('a', 'wire', from(A, B));
    expect(seen(chain)).toEqual(['b wire: 7']);
  });
});

describe('a chain in the engine', () => {
  const port = { interface: 'p' };
  const enter = (chain: SimulatedChain) =>
    chain.send('p', 'wire', packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 5 > 0'));

  test('is brought to other orders, more and fewer functions and other configurations, and functions keep their tables', async () => {
    await using chain = await startSimulatedChain(lineChain('line', port, [stamp('one', 1)]), { log: silent });
    enter(chain);
    expect(seen(chain)).toEqual(['p host: 1']);
    await chain.change(lineChain('line', port, [stamp('two', 2), stamp('one', 1)]));
    enter(chain);
    expect(seen(chain)).toEqual(['p host: 21']);
    await chain.change(lineChain('line', port, [stamp('one', 3), stamp('two', 2)]));
    enter(chain);
    expect(seen(chain)).toEqual(['p host: 32']);
    await chain.configure('one', { digit: 4 });
    enter(chain);
    expect(seen(chain)).toEqual(['p host: 42']);
    const { functions } = await chain.statistics();
    expect(functions.map(({ name, counters }) => [name, counters.seen])).toEqual([
      ['one', 4],
      ['two', 3],
    ]);
    await chain.change(lineChain('line', port, [stamp('two', 2)]));
    enter(chain);
    expect(seen(chain)).toEqual(['p host: 2']);
  });

  test('stays as it was when a change fails', async () => {
    await using chain = await startSimulatedChain(lineChain('line', port, [stamp('one', 1)]), { log: silent });
    const wrong = { ...stamp('two', 2), config: { digit: 99 } };
    await expect(chain.change(lineChain('line', port, [stamp('one', 3), wrong]))).rejects.toThrow(/digit/);
    await expect(chain.change(lineChain('line', { interface: 'q' }, []))).rejects.toMatchObject({
      code: 'TP_CHAIN_SPEC',
    });
    enter(chain);
    expect(seen(chain)).toEqual(['p host: 1']);
  });

  test('refuses what it cannot run, and leaves nothing', async () => {
    const shared = lineChain('line', port, [{ name: 's', share: 'other/s' }]);
    await expect(startSimulatedChain(shared, { log: silent })).rejects.toMatchObject({
      code: 'TP_CHAIN_SPEC',
      path: ['functions', 0, 'share'],
    });
    const ended = await startSimulatedChain(lineChain('line', port, [stamp('one', 1)]), { log: silent });
    await ended.stop();
    await ended.stop();
    await expect(ended.statistics()).rejects.toMatchObject({ code: 'TP_STOPPED' });
    await settled();
  });
});

describe('another version of a function', () => {
  const flows = (version: string, config: object = {}) => ({ name: 'flows', use: file(version), config });
  const spec = (config: object = {}) => lineChain('swap', { interface: 'p' }, [flows('flows.vnf.ts', config)]);
  const SECOND = file('flows-2.vnf.ts');
  const one = async (chain: SimulatedChain, sport: number) => {
    chain.send('p', 'wire', packetFromText(`ip 10.9.0.2 > 10.9.0.50 / udp ${sport} > 7 / "x"`));
    await settled();
    await settled();
  };
  const entries = async (chain: SimulatedChain) => {
    const all = (await chain.functions[0]?.entries('flows')) ?? [];
    return all
      .map(([key, value]) => ({ sport: Object(key).sport, ...Object(value) }))
      .toSorted((a, b) => a.sport - b.sport);
  };

  test('takes its place with its tables, migrated', async () => {
    await using chain = await startSimulatedChain(spec(), { log: silent });
    for (const sport of [2, 3]) await one(chain, sport);
    await chain.replace('flows', SECOND);
    expect(chain.functions[0]?.spec.tables).toHaveProperty('flows.layoutVersion', 2);
    for (const sport of [4, 5]) await one(chain, sport);
    expect(await entries(chain)).toMatchObject([
      { sport: 2, since: 7, by: 'version 1' },
      { sport: 3, since: 7, by: 'version 1' },
      { sport: 4, since: 1, by: 'fast path' },
      { sport: 5, since: 2, by: 'slow path' },
    ]);
    await expect(chain.replace('flows', SECOND)).rejects.toThrow('Node reads a file once');
  });

  test.each([
    ['configure', { fails: 'configure' }, { message: expect.stringContaining('it was asked to fail') }],
    ['the slow path', { fails: 'slow path' }, { message: 'it was asked to fail' }],
  ])('that fails in %s leaves the old one with its tables', async (_, config, error) => {
    await using chain = await startSimulatedChain(spec(), { log: silent });
    await one(chain, 3);
    const change = lineChain('swap', { interface: 'p' }, [flows('flows-2.vnf.ts', config)]);
    await expect(chain.change(change)).rejects.toMatchObject(error);
    for (const sport of [3, 5]) await one(chain, sport);
    expect((await entries(chain)).map(({ sport, traffic }) => [sport, Number(traffic.packets)])).toEqual([
      [3, 2],
      [5, 1],
    ]);
  });

  test('whose tables nothing leads to is refused', async () => {
    await using chain = await startSimulatedChain(spec(), { log: silent });
    await one(chain, 2);
    await expect(chain.replace('flows', file('flows-3.vnf.ts'))).rejects.toMatchObject({ code: 'TP_LAYOUT_CHANGED' });
    await one(chain, 2);
    expect(await entries(chain)).toMatchObject([{ sport: 2 }]);
  });
});
