import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createVeth, openFds, traceFds } from '@twinpath/linux';
import { lineChain } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunningChain } from '../chain/running.ts';
import { startChain } from '../chain/start-chain.ts';
import { portOf } from '../fixtures/failing.vnf.ts';
import { silent } from '../fixtures/silent.ts';
import { FAR_ADDRESS, payloads, Veth } from '../fixtures/veth.ts';
import { recordFile } from '../host/paths.ts';

const FAILING = new URL('../fixtures/failing.vnf.ts', import.meta.url).pathname;
const PACE = new URL('../fixtures/pace.ts', import.meta.url).pathname;
const CHAIN = 'tp-runtime-failure';
const RATE = 20_000;
/** Packets that the fast path of both functions lets pass. */
const HIT = `ip ${FAR_ADDRESS} > 10.9.0.50 / udp 5000 > 4000 / "hit"`;

let veth: Veth;
let chain: RunningChain;
let lines: string[] = [];
const note = (text: string) => lines.push(text);

/** Only `bad` hands packets up. It shares a worker with another, where CPUs are few. */
const spec = () =>
  lineChain(CHAIN, { interface: 'port', namespace: veth.near }, [
    { name: 'bad', use: FAILING, onFailure: 'pass' },
    { name: 'good', use: FAILING, config: { hands: false } },
    { name: 'other', use: FAILING, config: { hands: false } },
  ]);

async function restarts(): Promise<Record<string, number>> {
  const { functions } = await chain.statistics();
  return Object.fromEntries(functions.map(({ name, slowPath }) => [name, slowPath.restarts]));
}

async function packets(name: string): Promise<{ readonly next: number; readonly absent: number }> {
  const { functions } = await chain.statistics();
  const found = functions.find((one) => one.name === name);
  return { next: found?.verdicts.next ?? 0, absent: found?.reasons.up?.absent ?? 0 };
}

const sendUp = (way: Parameters<typeof portOf>[0]) =>
  veth.sendIn(`ip ${FAR_ADDRESS} > 10.9.0.50 / udp 5000 > ${portOf(way)} / "${way}"`);

/** Descriptors and mappings of BPF maps, of all threads. */
function held(): readonly number[] {
  const ofMap = (fd: string) =>
    existsSync(`/proc/self/fdinfo/${fd}`) && /map_id/.test(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
  const mappings = readFileSync('/proc/self/maps', 'utf8').matchAll(/bpf-map/g);
  return [readdirSync('/proc/self/fd').filter(ofMap).length, [...mappings].length];
}

async function answered(): Promise<boolean> {
  veth.takeIn();
  sendUp('resume');
  await new Promise((resolve) => setTimeout(resolve, 100));
  return payloads(veth.takeIn()).includes('resume');
}

function load(): ChildProcess {
  const text = `eth ${veth.farMac} > ${veth.nearMac} / ${HIT}`;
  return spawn(process.execPath, [PACE, 'far', veth.far, text, String(RATE)], { stdio: ['pipe', 'pipe', 'pipe'] });
}

beforeAll(async () => {
  traceFds();
  veth = new Veth('failure');
  createVeth(veth.netlink, { name: 'other', queues: 1, peer: { name: 'others', queues: 1, namespace: veth.far } });
  chain = await startChain(spec(), { log: { debug: note, info: note, warn: note, error: note } });
});
afterAll(async () => {
  await chain.stop();
  veth[Symbol.dispose]();
  // A start that was given up while its worker was still importing ends when that has.
  await vi.waitFor(() => expect(openFds()).toEqual([]), { timeout: 20_000, interval: 50 });
});
beforeEach(() => {
  lines = [];
});

test('the fast path writes into the log, with values', async () => {
  sendUp('resume');
  await vi.waitFor(() => expect(lines).toContain(`bad: asked for ${portOf('resume')}`));
});

test('a handler that throws costs its packet alone', async () => {
  const before = await restarts();
  sendUp('throw');
  await vi.waitFor(() => expect(lines.join()).toMatch(/the handler of up failed: Error: thrown/));
  expect(await restarts()).toEqual(before);
});

describe.each([
  { way: 'throw later', says: /thrown later/, alone: true },
  { way: 'reject', says: /refused/, alone: true },
  { way: 'exit', says: /process\.exit\(3\) was called/, alone: true },
  { way: 'loop', says: /its code does not come to an end/, alone: false },
  { way: 'loop later', says: /its code does not come to an end/, alone: false },
] as const)('a slow path whose end is: $way', ({ way, says, alone }) => {
  test('is reported and started again under load, over its tables; fast paths lose nothing', async () => {
    await vi.waitFor(async () => expect(await answered()).toBe(true), { timeout: 20_000, interval: 200 });
    const before = {
      held: held(),
      restarts: await restarts(),
      bad: await packets('bad'),
      other: await packets('other'),
      first: await chain.functions[0]?.entries('first'),
    };
    const sender = load();
    await once(sender.stderr ?? sender, 'data');
    sendUp(way);
    await vi.waitFor(() => expect(lines.join('\n')).toMatch(says), { timeout: 20_000, interval: 20 });
    const after = await vi.waitFor(
      async () => {
        const now = await restarts();
        expect(now.bad).toBe((before.restarts.bad ?? 0) + 1);
        return now;
      },
      { timeout: 20_000, interval: 50 },
    );
    if (alone) expect(after).toEqual({ ...before.restarts, bad: (before.restarts.bad ?? 0) + 1 });
    await vi.waitFor(async () => expect(await answered()).toBe(true), { timeout: 20_000, interval: 200 });
    sender.stdin?.write('end');
    const [said] = await once(sender.stdout ?? sender, 'data');
    const sent = Number(said);
    expect(sent).toBeGreaterThan(RATE / 10);
    // All of them went through both functions; what went up besides is counted as resumed by the slow path, and not here.
    expect((await packets('bad')).next - before.bad.next - ((await packets('bad')).absent - before.bad.absent)).toBe(
      sent,
    );
    // Neighbours of one that looped have moved to another worker, some later than it.
    await vi.waitFor(() => expect(held()).toEqual(before.held), { timeout: 20_000, interval: 50 });
    expect((await chain.functions[0]?.entries('seen'))?.map(([key]) => key)).toContainEqual({ port: portOf('resume') });
    expect(await chain.functions[0]?.entries('first')).toEqual(before.first);
  });
});

test('a start that never ends is given up, and leaves nothing', async () => {
  const functions = [{ name: 'stuck', use: FAILING, config: { loop: true }, worker: 'own' }] as const;
  const stuck = lineChain(`${CHAIN}-2`, { interface: 'other', namespace: veth.near }, functions);
  const starting = startChain(stuck, { signal: AbortSignal.timeout(3000), log: silent });
  await expect(starting).rejects.toThrow('it was told to end while it started');
  expect(existsSync(recordFile(`${CHAIN}-2`))).toBe(false);
});

test('packets pass, and are counted, while the slow path is not there', async () => {
  await vi.waitFor(async () => expect(await answered()).toBe(true), { timeout: 20_000, interval: 200 });
  const before = await packets('bad');
  sendUp('throw later');
  await vi.waitFor(() => expect(lines.join()).toMatch(/packets for it pass/), { interval: 1 });
  sendUp('resume');
  await vi.waitFor(async () => expect((await packets('bad')).absent - before.absent).toBe(1), { timeout: 20_000 });
});
