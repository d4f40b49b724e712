import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BpfMap } from '@twinpath/ebpf';
import { openFds, traceFds } from '@twinpath/linux';
import { verifyChecksums } from '@twinpath/packet';
import { type ChainSpec, lineChain, type PortMode } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { silent } from '../fixtures/silent.ts';
import { FAR_ADDRESS, NEAR_ADDRESS, payloads, Veth } from '../fixtures/veth.ts';
import { ourLinks } from '../host/links.ts';
import { pinDirectory, recordFile } from '../host/paths.ts';
import type { RunningChain, RunningFunction } from './running.ts';
import { startChain } from './start-chain.ts';

const GATE = new URL('../fixtures/gate.vnf.ts', import.meta.url).pathname;
const CHAIN = 'tp-runtime-chain';
const ASK_ALL = { rules: [{ action: 'ask', from: '10.9.0.0/24' }] };

let veth: Veth;
let chain: RunningChain;
let gate: RunningFunction;

function specOf(mode: PortMode): ChainSpec {
  const port = { interface: 'port', namespace: veth.near, mode };
  return lineChain(CHAIN, port, [{ name: 'gate', use: GATE, config: ASK_ALL }]);
}

const statistics = async () => {
  const [found] = (await chain.statistics()).functions;
  if (found === undefined) throw new Error('the chain has a function');
  return found;
};
/** Other chains may come and go on this machine. */
const links = () => ourLinks().filter(({ program }) => program.startsWith('tp_gate'));
// To nobody, so that no host answers.
const inward = (payload: string) => `ip ${FAR_ADDRESS} > 10.9.0.50 / udp 5000 > 7 / "${payload}"`;
const outward = (payload: string) => `ip ${NEAR_ADDRESS} > 10.9.0.60 / udp 6000 > 7 / "${payload}"`;

/** Until the packets are there; then a little longer, for those that must not come. */
async function arrive(take: () => Uint8Array[], count: number): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  const deadline = performance.now() + 2000;
  while (frames.length < count && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    frames.push(...take());
  }
  await new Promise((resolve) => setTimeout(resolve, 30));
  return [...frames, ...take()];
}

describe.each(['native', 'generic'] as const)('a chain in %s mode', (mode) => {
  beforeAll(async () => {
    traceFds();
    veth = new Veth('chain');
    chain = await startChain(specOf(mode), { log: silent, runTimeStatistics: true });
    const [first] = chain.functions;
    if (first === undefined) throw new Error('the chain has a function');
    gate = first;
  });
  afterAll(async () => {
    await chain.stop();
    expect(links()).toEqual([]);
    expect(existsSync(pinDirectory(CHAIN))).toBe(false);
    expect(existsSync(recordFile(CHAIN))).toBe(false);
    veth[Symbol.dispose]();
    expect(openFds()).toEqual([]);
  });
  beforeEach(() => {
    veth.takeIn();
    veth.takeOut();
  });

  test('says how it runs', () => {
    expect(chain.mode).toBe(mode);
    expect(gate).toMatchObject({ name: 'gate', spec: { name: 'gate' } });
    expect(gate.config()).toMatchObject({ otherwise: 'allow' });
  });

  test('sends a packet through the function again once the slow path has decided', async () => {
    await gate.operate('answer', 'retry');
    const before = await statistics();
    veth.sendIn(inward('first'));
    const [first, ...others] = await arrive(() => veth.takeIn(), 1);
    expect(others).toEqual([]);
    expect(payloads(first === undefined ? [] : [first])).toEqual(['first']);
    veth.sendIn(inward('second'));
    expect(payloads(await arrive(() => veth.takeIn(), 1))).toEqual(['second']);
    const { counters, slowPath, reasons } = await statistics();
    expect(slowPath.handedUp - before.slowPath.handedUp).toBe(1);
    expect(reasons.undecided?.up).toBe((before.reasons.undecided?.up ?? 0) + 1);
    expect((counters.known ?? 0) - (before.counters.known ?? 0)).toBe(1);
  });

  test.each(['resume', 'stack'])('lets packets go on behind the function with %s, both ways', async (answer) => {
    await gate.operate('answer', answer);
    const { slowPath: before } = await statistics();
    veth.sendIn(inward('in'));
    veth.sendOut(outward('out'));
    expect(payloads(await arrive(() => veth.takeIn(), 1))).toEqual(['in']);
    expect(payloads(await arrive(() => veth.takeOut(), 1))).toEqual(['out']);
    expect((await statistics()).slowPath).toMatchObject({ undelivered: before.undelivered, looped: before.looped });
  });

  test('sends packets that leave through the function again', async () => {
    await gate.operate('answer', 'retry');
    veth.sendOut(outward('first'));
    veth.sendOut(outward('second'));
    expect(payloads(await arrive(() => veth.takeOut(), 2)).sort()).toEqual(['first', 'second']);
  });

  test('finishes checksums that a local sender left to the hardware', async () => {
    await gate.operate('answer', 'resume');
    const script = `const s = require('node:dgram').createSocket('udp4');
      s.bind({ address: '${NEAR_ADDRESS}' }, () => s.send('from a socket', 7, '${FAR_ADDRESS}', () => s.close()));`;
    execFileSync('ip', ['netns', 'exec', veth.near, process.execPath, '-e', script]);
    const [frame] = await arrive(() => veth.takeOut(), 1);
    expect(frame && payloads([frame])).toEqual(['from a socket']);
    expect(frame && verifyChecksums(frame).every(({ isRight }) => isRight)).toBe(true);
  });

  test('sends replies to the side that a packet came from', async () => {
    await gate.operate('answer', 'reply');
    veth.sendIn(inward('in'));
    veth.sendOut(outward('out'));
    expect(payloads(await arrive(() => veth.takeOut(), 1))).toEqual(['in']);
    expect(payloads(await arrive(() => veth.takeIn(), 1))).toEqual(['out']);
  });

  test('drops a packet that loops, and one that nobody answers', async () => {
    await gate.operate('answer', 'loop');
    const { slowPath: before } = await statistics();
    veth.sendIn(inward('in'));
    veth.sendOut(outward('out'));
    await vi.waitFor(async () => expect((await statistics()).slowPath.looped).toBe(before.looped + 2));
    expect((await statistics()).slowPath.handedUp).toBe(before.handedUp + 8);
    await gate.operate('answer', 'nothing');
    veth.sendIn(inward('in'));
    await vi.waitFor(async () => expect((await statistics()).slowPath.unanswered).toBe(before.unanswered + 1));
    expect([...veth.takeIn(), ...veth.takeOut()]).toEqual([]);
  });

  test('survives a handler that throws', async () => {
    await gate.operate('answer', 'throw');
    const { slowPath: before } = await statistics();
    veth.sendIn(inward('in'));
    await vi.waitFor(async () => expect((await statistics()).slowPath.handlerErrors).toBe(before.handlerErrors + 1));
  });

  // In generic mode the kernel counts for the guard in front.
  test.runIf(mode === 'native')('counts what its programs cost', async () => {
    const [program] = (await statistics()).programs;
    expect(program?.runs).toBeGreaterThan(0);
    expect(program?.nsPerRun).toBeGreaterThan(0);
    expect(program?.name).toBe('tp_gate_in');
  });

  test('changes its configuration while packets flow, atomically, and keeps its tables', async () => {
    await gate.operate('answer', 'retry');
    veth.sendIn(inward('first'));
    expect(payloads(await arrive(() => veth.takeIn(), 1))).toEqual(['first']);
    const flows = (await gate.entries('flows')).length;
    expect(flows).toBeGreaterThan(0);
    // On a busy machine this takes longer than the flow would live without packets.
    const flowing = setInterval(() => veth.sendIn(inward('meanwhile')), 100);
    await chain.configure('gate', { otherwise: 'drop', rules: [{ action: 'drop', port: 9 }] });
    clearInterval(flowing);
    expect(await gate.entries('flows')).toHaveLength(flows);
    await arrive(() => veth.takeIn(), 0);
    veth.sendIn(inward('known'));
    veth.sendIn(`ip ${FAR_ADDRESS} > 10.9.0.50 / udp 5001 > 7 / "unknown"`);
    expect(payloads(await arrive(() => veth.takeIn(), 1))).toEqual(['known']);
  });

  test.runIf(mode === 'native')('stays as it was when a configuration is refused', async () => {
    await chain.configure('gate', { otherwise: 'allow', rules: [{ action: 'drop', port: 9 }] });
    const config = gate.config();
    await expect(chain.configure('gate', { otherwise: 'drop', rules: [], fail: true })).rejects.toThrow(
      'configuration of function gate: it cannot be brought about: it was asked to fail',
    );
    await expect(chain.configure('gate', { otherwise: 'perhaps' })).rejects.toThrow(
      "configuration of function gate: otherwise is 'perhaps'",
    );
    await expect(chain.configure('other', {})).rejects.toThrow(`chain ${CHAIN} has no function other; there is gate`);
    expect(gate.config()).toBe(config);
    veth.sendIn(`ip ${FAR_ADDRESS} > 10.9.0.50 / udp 5002 > 9 / "refused"`);
    veth.sendIn(`ip ${FAR_ADDRESS} > 10.9.0.50 / udp 5003 > 10 / "allowed"`);
    expect(payloads(await arrive(() => veth.takeIn(), 1))).toEqual(['allowed']);
  });

  test.runIf(mode === 'native')('grows when rules need a larger tree, and packets see the new rules', async () => {
    const bytes = treeBytes();
    await chain.configure('gate', {
      otherwise: 'allow',
      rules: [...wideRules('configured'), { action: 'drop', port: 11 }],
    });
    expect(treeBytes()).toBeGreaterThan(bytes);
    veth.sendIn(`ip ${FAR_ADDRESS} > 10.9.0.50 / udp 5004 > 11 / "refused"`);
    veth.sendIn(`ip ${FAR_ADDRESS} > 10.9.0.50 / udp 5005 > 12 / "allowed"`);
    expect(payloads(await arrive(() => veth.takeIn(), 1))).toEqual(['allowed']);
  });

  test.runIf(mode === 'generic')('grows when the slow path gives it so many rules', async () => {
    await chain.configure('gate', { otherwise: 'allow', rules: [] });
    const bytes = treeBytes();
    const before = links().length;
    const wide = wideRules('live');
    const port = (n: number) => [{ dport: n }, { action: 'drop' }] as const;
    await gate.operate('replace', [...wide, port(13)]);
    await gate.operate('replace', [...wide, port(14)]);
    expect(treeBytes()).toBeGreaterThan(bytes);
    expect(links()).toHaveLength(before);
    veth.sendIn(`ip ${FAR_ADDRESS} > 10.9.0.50 / udp 5006 > 14 / "refused"`);
    veth.sendIn(`ip ${FAR_ADDRESS} > 10.9.0.50 / udp 5007 > 13 / "allowed"`);
    expect(payloads(await arrive(() => veth.takeIn(), 1))).toEqual(['allowed']);
  });

  test.runIf(mode === 'native')('forgets flows that are idle', async () => {
    await chain.configure('gate', ASK_ALL);
    await gate.operate('answer', 'retry');
    veth.sendIn(inward('first'));
    await arrive(() => veth.takeIn(), 1);
    expect(await gate.entries('flows')).toHaveLength(1);
    await vi.waitFor(async () => expect(await gate.entries('flows')).toEqual([]), { timeout: 6000, interval: 100 });
  });
});

/** So many that overlap so much that the smallest tree has no room for them. */
function wideRules(form: 'configured' | 'live'): readonly unknown[] {
  return Array.from({ length: 1900 }, (_, n) => {
    const [from, port] = [`10.${n >> 6}.${(n & 63) * 4}.0/24`, `${1000 + n}-${3000 + 9 * n}`];
    return form === 'configured' ? { action: 'drop', from, port } : [{ src: from, dport: port }, { action: 'drop' }];
  });
}

/** Room for the rules, in the kernel. */
function treeBytes(): number {
  using map = BpfMap.fromPin(join(pinDirectory(CHAIN), 'maps', 'gate', 'rules:ordered@0'));
  return map.valueSize;
}
