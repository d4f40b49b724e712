// A process that starts a chain whose process was killed goes on with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { STATE } from '@twinpath/compiler/abi';
import { BpfLink, BpfMap } from '@twinpath/ebpf';
import { openFds, traceFds } from '@twinpath/linux';
import { type ChainFunctionSpec, type ChainSpec, lineChain, type PortSpec } from '@twinpath/vnf/chain';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { portOf } from '../fixtures/failing.vnf.ts';
import { load } from '../fixtures/load.ts';
import { silent } from '../fixtures/silent.ts';
import { payloads, Veth } from '../fixtures/veth.ts';
import { ourLinks } from '../host/links.ts';
import { PIN_ROOT, pinDirectory, pinName, recordFile } from '../host/paths.ts';
import { pinnedLinks, removePins } from '../host/pins.ts';
import { storedSpecs, storeSpec } from '../host/stored-specs.ts';
import { takeDown } from '../host/take-down.ts';
import { InstanceState } from '../tables/state.ts';
import type { RunningChain } from './running.ts';
import { startChain } from './start-chain.ts';
import { restoreChains } from './start-chains.ts';

const file = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const CHAIN = 'tp-runtime-adopt';

const stateDirectory = mkdtempSync(join(tmpdir(), 'tp-state-'));

let veth: Veth;
beforeAll(() => {
  traceFds();
  veth = new Veth('adopt');
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
  veth.takeIn();
});

const stamp = (digit: number): ChainFunctionSpec => ({
  name: `s${digit}`,
  use: file('stamp.vnf.ts'),
  config: { digit },
});
const witness: ChainFunctionSpec = { name: 'witness', use: file('witness.vnf.ts') };
const flows: ChainFunctionSpec = { name: 'flows', use: file('flows.vnf.ts') };
const specOf = (functions: readonly ChainFunctionSpec[], port: Partial<PortSpec> = {}): ChainSpec =>
  lineChain(CHAIN, { interface: 'port', namespace: veth.near, hook: 'xdp', ...port }, functions);

async function elsewhere(spec: ChainSpec): Promise<ChildProcess> {
  const child = spawn(process.execPath, [file('chain-main.ts'), JSON.stringify(spec), stateDirectory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the process ended with ${code}`))),
  ]);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Of the chain, whoever made them. */
function linkIds(): readonly number[] {
  return pinnedLinks(CHAIN).map((pin) => {
    using link = BpfLink.fromPin(pin);
    return link.info().id;
  });
}

/** By what packets begin. */
function firstPrograms(): readonly number[] {
  return pinnedLinks(CHAIN).map((pin) => {
    using link = BpfLink.fromPin(pin);
    return link.info().programId;
  });
}

/** Packets by destination port that the last function has seen. */
async function seen(chain: RunningChain): Promise<ReadonlyMap<number, number>> {
  const entries = (await chain.functions.at(-1)?.entries('seen')) ?? [];
  const counts = new Map<number, number>();
  for (const [key, value] of entries) {
    const { port } = Object(key);
    counts.set(port, (counts.get(port) ?? 0) + Object(value).packets);
  }
  return counts;
}

const sum = (counts: ReadonlyMap<number, number>) => [...counts.values()].reduce((all, one) => all + one, 0);

describe.each([
  ['native XDP', { hook: 'xdp' }],
  ['generic XDP', { mode: 'generic' }],
  ['tcx', { hook: 'tcx' }],
] as const)('on %s', (_, port) => {
  test('no packet is lost when the process is killed under load and another goes on', async () => {
    const child = await elsewhere(specOf([stamp(1), stamp(2), witness], port));
    const links = linkIds();
    const lost = veth.lostOnTheWire();
    const end = load(veth, '7 > 0');
    onTestFinished(async () => void (await end()));
    await delay(300);
    await kill(child);
    await delay(200);
    const chain = await startChain(specOf([stamp(1), stamp(2), witness], port), { log: silent, stateDirectory });
    expect(linkIds()).toEqual(links);
    await chain.change(specOf([stamp(2), stamp(3), witness], port));
    await delay(100);
    const sent = await end();
    await delay(50);
    const counts = await seen(chain);
    expect(sum(counts) + veth.lostOnTheWire() - lost).toBe(sent);
    expect([...counts.keys()].sort()).toEqual([12, 23]);
    expect(sent).toBeGreaterThan(1000);
    await chain.stop();
    expect(ourLinks().filter(({ id }) => links.includes(id))).toEqual([]);
  });
});

test('tables keep what they hold, and the slow path goes on', async () => {
  const child = await elsewhere(specOf([flows]));
  const one = (sport: number) => veth.sendIn(`ip 10.9.0.2 > 10.9.0.50 / udp ${sport} > 7 / "x"`);
  for (const sport of [2, 3]) one(sport);
  await vi.waitFor(() => expect(veth.takeIn().length).toBeGreaterThan(0));
  await delay(100);
  await kill(child);
  one(4);
  const programs = firstPrograms();
  await using chain = await startChain(specOf([flows]), { log: silent, stateDirectory });
  // They would be the same: the verifier has not seen them again.
  expect(firstPrograms()).toEqual(programs);
  one(5);
  await delay(200);
  await chain.configure('flows', { ends: true });
  expect(firstPrograms()).not.toEqual(programs);
  const ports = ((await chain.functions[0]?.entries('flows')) ?? []).map(([key]) => Object(key).sport);
  expect(ports.sort()).toEqual([2, 3, 4, 5]);
});

test('a slow path that was away when its process was killed is there again', async () => {
  const failing: ChainFunctionSpec = { name: 'failing', use: file('failing.vnf.ts') };
  await kill(await elsewhere(specOf([failing])));
  {
    using state = BpfMap.fromPin(join(pinDirectory(CHAIN), 'maps', 'failing', pinName(STATE.map)));
    using memory = state.mapMemory();
    new InstanceState({ memory: () => new Uint8Array(memory.buffer, 0, STATE.size) }).absent = 'drop';
  }
  await using _chain = await startChain(specOf([failing]), { log: silent, stateDirectory });
  veth.sendIn(`ip 10.9.0.2 > 10.9.0.50 / udp 7 > ${portOf('resume')} / "again"`);
  await vi.waitFor(() => expect(payloads(veth.takeIn())).toContain('again'), 10_000);
});

test('after a reboot the chain comes back from its spec, and durable tables with it; after a stop tables alone', async () => {
  const child = await elsewhere(specOf([flows]));
  const one = (sport: number) => veth.sendIn(`ip 10.9.0.2 > 10.9.0.50 / udp ${sport} > 7 / "x"`);
  for (const sport of [2, 4]) one(sport);
  await delay(500);
  await kill(child);
  // All that a reboot takes, too.
  removePins(pinDirectory(CHAIN));
  rmSync(recordFile(CHAIN));
  const file = join(stateDirectory, CHAIN, 'flows.tables');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await storeSpec(stateDirectory, lineChain('tp-runtime-gone', { interface: 'gone' }, [flows]));
  const { chains, failed } = await restoreChains({ log: silent, stateDirectory });
  rmSync(join(stateDirectory, 'tp-runtime-gone'), { recursive: true });
  expect(failed).toMatchObject([{ chain: 'tp-runtime-gone', error: { code: 'TP_INTERFACE' } }]);
  const [again, ...others] = chains;
  if (again === undefined || others.length > 0) throw new Error('one chain ran');
  expect(again.spec).toEqual(specOf([flows]));
  expect(await restoreChains({ log: silent, stateDirectory })).toEqual({ chains: [], failed: [] });
  one(6);
  one(2);
  await delay(100);
  await again.stop();
  expect(storedSpecs(stateDirectory)).toEqual([]);
  await using chain = await startChain(specOf([flows]), { log: silent, stateDirectory });
  const entries = (await chain.functions[0]?.entries('flows')) ?? [];
  const packets = entries.map(([key, value]) => [Object(key).sport, Number(Object(value).traffic.packets)]);
  expect(packets.sort()).toEqual([
    [2, 1],
    [4, 0],
    [6, 0],
  ]);
});

test('with another spec, places that are no more are taken away', async () => {
  await kill(await elsewhere(specOf([stamp(1), stamp(2), stamp(3)])));
  await using chain = await startChain(specOf([stamp(3), witness]), { log: silent, stateDirectory });
  veth.sendIn('ip 10.9.0.2 > 10.9.0.50 / udp 7 > 0');
  await delay(2500);
  expect([...(await seen(chain)).keys()]).toEqual([3]);
  expect(existsSync(join(pinDirectory(CHAIN), 'maps', 's1'))).toBe(false);
  expect(existsSync(join(pinDirectory(CHAIN), 'maps', 's3'))).toBe(true);
});

test('what cannot be started is left as it was', async () => {
  const blocked = (port: number) => ({ name: 'blocked', use: file('blocked.vnf.ts'), config: { ports: [port] } });
  await kill(await elsewhere(specOf([blocked(5), stamp(1), stamp(2), witness])));
  const links = linkIds();
  const wrong = specOf([blocked(6), stamp(2), stamp(1), { ...stamp(3), config: { digit: 77 } }, witness]);
  await expect(startChain(wrong, { log: silent, stateDirectory })).rejects.toThrow('digit');
  expect(linkIds()).toEqual(links);
  // What `configure` had already written is taken back, too.
  for (const port of [5, 6]) veth.sendIn(`ip 10.9.0.2 > 10.9.0.50 / udp 7 > ${port}`);
  const right = specOf([blocked(5), stamp(1), stamp(2), witness]);
  await using chain = await startChain(right, { log: silent, stateDirectory });
  expect([...(await seen(chain))]).toEqual([[612, 1]]);
});

test('without its record, too', async () => {
  await kill(await elsewhere(specOf([stamp(1), witness])));
  const links = linkIds();
  rmSync(recordFile(CHAIN));
  veth.sendIn('ip 10.9.0.2 > 10.9.0.50 / udp 7 > 0');
  await using chain = await startChain(specOf([stamp(1), witness]), { log: silent, stateDirectory });
  expect([...(await seen(chain))]).toEqual([[1, 1]]);
  expect(linkIds()).toEqual(links);
});

test('a chain that is wanted elsewhere than it was left is refused, and runs on', async () => {
  using other = new Veth('adopt-2');
  await kill(await elsewhere(specOf([stamp(1)])));
  const there = { namespace: other.near };
  await expect(startChain(specOf([stamp(1)], there), { log: silent, stateDirectory })).rejects.toMatchObject({
    code: 'TP_CHAIN_LEFT_BEHIND',
    hint: `twinpath down ${CHAIN}`,
  });
  expect(takeDown({ chain: CHAIN }).chains[0]?.links).toHaveLength(2);
});

test('where its interface is gone, the chain begins anew with the tables that it had', async () => {
  {
    using other = new Veth('adopt-3');
    const child = await elsewhere(specOf([flows], { namespace: other.near }));
    other.sendIn('ip 10.9.0.2 > 10.9.0.50 / udp 2 > 7');
    await delay(50);
    await kill(child);
  }
  // The kernel takes namespaces away in its own time.
  await vi.waitFor(
    () => expect(ourLinks().some(({ program, ifindex }) => program === 'tp_flows_in' && ifindex === 0)).toBe(true),
    10_000,
  );
  await using chain = await startChain(specOf([flows]), { log: silent, stateDirectory });
  expect(await chain.functions[0]?.entries('flows')).toHaveLength(1);
});

test('drafts of records whose writer was killed go with the chain', async () => {
  const draft = `${recordFile(CHAIN)}.999999.new`;
  const chain = await startChain(specOf([stamp(1)]), { log: silent, stateDirectory });
  writeFileSync(draft, '{"version": 6, "cha');
  await chain.stop();
  expect(existsSync(draft)).toBe(false);
});

test('nobody else opens the pins', async () => {
  await using _chain = await startChain(specOf([stamp(1)]), { log: silent, stateDirectory });
  for (const path of [
    PIN_ROOT,
    pinDirectory(CHAIN),
    ...['maps', 'paths', 'links'].map((one) => join(pinDirectory(CHAIN), one)),
  ]) {
    expect(statSync(path).mode & 0o777, path).toBe(0o700);
  }
});
