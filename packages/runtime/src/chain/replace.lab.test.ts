// Another version of a function takes the place of the present one while packets flow.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openFds, traceFds } from '@twinpath/linux';
import { type ChainFunctionSpec, lineChain } from '@twinpath/vnf/chain';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { load } from '../fixtures/load.ts';
import { silent } from '../fixtures/silent.ts';
import { Veth } from '../fixtures/veth.ts';
import { pinDirectory } from '../host/paths.ts';
import { takeDown } from '../host/take-down.ts';
import type { RunningChain } from './running.ts';
import { startChain } from './start-chain.ts';

const file = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const CHAIN = 'tp-runtime-swap';
const SECOND = file('flows-2.vnf.ts');

const stateDirectory = mkdtempSync(join(tmpdir(), 'tp-state-'));

let veth: Veth;
beforeAll(() => {
  traceFds();
  veth = new Veth('swap');
});
afterAll(() => {
  veth[Symbol.dispose]();
  rmSync(stateDirectory, { recursive: true });
  expect(openFds()).toEqual([]);
});
afterEach(() => {
  const left = takeDown({ chain: CHAIN });
  expect(left.chains).toEqual([]);
  rmSync(join(stateDirectory, CHAIN), { recursive: true, force: true });
});

const flows = (config: object = {}): ChainFunctionSpec => ({ name: 'flows', use: file('flows.vnf.ts'), config });
const start = (config: object = {}) =>
  startChain(lineChain(CHAIN, { interface: 'port', namespace: veth.near }, [flows(config)]), {
    log: silent,
    stateDirectory,
  });
const one = (sport: number) => veth.sendIn(`ip 10.9.0.2 > 10.9.0.50 / udp ${sport} > 7 / "x"`);

interface Flow {
  readonly sport: number;
  readonly packets: number;
  readonly since?: number;
  readonly by?: string;
}

async function flowsOf(chain: RunningChain): Promise<readonly Flow[]> {
  const entries = (await chain.functions[0]?.entries('flows')) ?? [];
  const all = entries.map(([key, value]) => {
    const { traffic, ...others } = Object(value);
    return { sport: Object(key).sport, packets: Number(traffic.packets), ...others };
  });
  return all.sort((a, b) => a.sport - b.sport);
}

test('under load no packet is lost, and entries are migrated', async () => {
  const witness = { name: 'witness', use: file('witness.vnf.ts') };
  const spec = lineChain(CHAIN, { interface: 'port', namespace: veth.near }, [flows(), witness]);
  await using chain = await startChain(spec, { log: silent, stateDirectory });
  const seen = async () => {
    const entries = (await chain.functions[1]?.entries('seen')) ?? [];
    return entries.reduce((sum, [, value]) => sum + Number(Object(value).packets), 0);
  };
  for (const sport of [3, 7]) one(sport);
  await vi.waitFor(async () => expect(await flowsOf(chain)).toHaveLength(2), 5000);
  await vi.waitFor(async () => expect(await seen()).toBe(1), 5000);
  const lost = veth.lostOnTheWire();
  const end = load(veth, '7 > 7');
  onTestFinished(async () => void (await end()));
  await vi.waitFor(async () => expect(await seen()).toBeGreaterThan(1000), 5000);
  await chain.replace('flows', SECOND);
  expect(chain.functions[0]?.spec.tables).toHaveProperty('flows.layoutVersion', 2);
  for (const sport of [4, 5]) one(sport);
  await delay(300);
  const sent = await end();
  await delay(50);
  // The function behind has seen what was sent, but for what the wire's own queue had no room for.
  expect((await seen()) - 1 + veth.lostOnTheWire() - lost).toBe(sent);
  expect(await flowsOf(chain)).toMatchObject([
    { sport: 3, since: 7, by: 'version 1' },
    { sport: 4, since: 1, by: 'fast path' },
    { sport: 5, since: 2, by: 'slow path' },
    { sport: 7, since: 7, by: 'version 1' },
  ]);
});

test('tables of the same layout stay the very same maps', async () => {
  await using chain = await start();
  for (const sport of [2, 3]) one(sport);
  await vi.waitFor(async () => expect(await flowsOf(chain)).toHaveLength(2));
  await chain.replace('flows', SECOND);
  const before = await flowsOf(chain);
  await expect(chain.replace('flows', SECOND)).rejects.toThrow('Node reads a file once');
  expect(await flowsOf(chain)).toEqual(before);
});

test('chains that share the function change over with it', async () => {
  using other = new Veth('swap-2');
  await using chain = await start();
  const shared = { name: 'shared', share: `${CHAIN}/flows` };
  const second = lineChain(`${CHAIN}-2`, { interface: 'port', namespace: other.near }, [shared]);
  await using sharing = await startChain(second, { log: silent, stateDirectory });
  other.sendIn('ip 10.9.0.2 > 10.9.0.50 / udp 2 > 7 / "x"');
  await vi.waitFor(async () => expect(await flowsOf(chain)).toHaveLength(1));
  await chain.replace('flows', SECOND);
  expect(sharing.functions[0]?.spec.tables).toHaveProperty('flows.layoutVersion', 2);
  // By the fast path and by the slow path of the new version, with the old one's entries.
  for (const sport of [4, 5]) other.sendIn(`ip 10.9.0.2 > 10.9.0.50 / udp ${sport} > 7 / "x"`);
  await vi.waitFor(async () =>
    expect(await flowsOf(sharing)).toMatchObject([
      { sport: 2, by: 'version 1' },
      { sport: 4, by: 'fast path' },
      { sport: 5, by: 'slow path' },
    ]),
  );
  expect(await flowsOf(chain)).toEqual(await flowsOf(sharing));
});

test('what no migration leads to is refused, with the field, and the old version goes on', async () => {
  await using chain = await start();
  one(2);
  await delay(50);
  await expect(chain.replace('flows', file('flows-3.vnf.ts'))).rejects.toMatchObject({
    code: 'TP_LAYOUT_CHANGED',
    table: 'flows',
    message: expect.stringContaining(
      'table flows cannot be taken over: field traffic was traffic of 16 bytes at 0 and is',
    ),
    hint: expect.stringContaining('layoutVersion'),
  });
  for (const sport of [2, 3]) one(sport);
  await vi.waitFor(async () => expect(await flowsOf(chain)).toMatchObject([{ sport: 2, packets: 1 }, { sport: 3 }]));
});

describe('a new version that fails', () => {
  test.each(['configure', 'slow path', 'later'])('at %s leaves the old one in its place', async (fails) => {
    await using chain = await start({ fails });
    one(2);
    await vi.waitFor(async () => expect(await flowsOf(chain)).toHaveLength(1));
    const descriptors = openFds().length;
    const pins = readdirSync(join(pinDirectory(CHAIN), 'maps', 'flows'));
    await expect(chain.replace('flows', SECOND)).rejects.toThrow();
    expect(chain.spec.functions).toMatchObject([{ use: file('flows.vnf.ts') }]);
    for (const sport of [2, 3]) one(sport);
    await vi.waitFor(async () => expect(await flowsOf(chain)).toMatchObject([{ sport: 2, packets: 1 }, { sport: 3 }]));
    expect(readdirSync(join(pinDirectory(CHAIN), 'maps')).sort()).toEqual(['flows']);
    expect(readdirSync(join(pinDirectory(CHAIN), 'maps', 'flows'))).toEqual(pins);
    expect(openFds()).toHaveLength(descriptors);
  });
});
