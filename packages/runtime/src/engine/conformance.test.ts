// The runtime's lists of ways up and back, in the engine: on both hooks, without privileges.

import { packetFromText, packetView, textOf } from '@twinpath/packet';
import { type ChainFunctionSpec, lineChain, type OwnFunctionSpec } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ANSWERS, FIRST_PORT, SIDES } from '../fixtures/ask.vnf.ts';
import { silent } from '../fixtures/silent.ts';
import { type Seen, UP } from '../fixtures/ways.vnf.ts';
import { WAYS_BACK } from '../packet-out/ways-back.ts';
import { WAYS_UP } from '../slow-path/ways-up.ts';
import { type SimulatedChain, startSimulatedChain } from './start-simulated-chain.ts';

const file = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const stamp = (digit: number): ChainFunctionSpec => ({
  name: `s${digit}`,
  use: file('stamp.vnf.ts'),
  config: { digit },
});
const ASK: ChainFunctionSpec = { name: 'ask', use: file('ask.vnf.ts') };
const HOOKS = ['xdp', 'tcx'] as const;

/** The event loop has turned so often that all that is on its way has arrived. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe.each(HOOKS)('ways back on %s', (hook) => {
  let chain: SimulatedChain;
  beforeAll(async () => {
    const functions = [stamp(1), ASK, stamp(3)];
    chain = await startSimulatedChain(lineChain('back', { interface: 'port', hook }, functions), { log: silent });
  });
  afterAll(() => chain.stop());

  const slowPath = async () => (await chain.statistics()).functions.find(({ name }) => name === 'ask')?.slowPath;
  const portsOf = (side: 'wire' | 'host', frames: ReturnType<SimulatedChain['take']>) =>
    frames
      .filter((one) => one.side === side)
      .map(({ bytes }) => packetView(bytes, { port: 'port', now: 0 }).ip()?.udp()?.dport);

  test.each(WAYS_BACK)('$answer of a packet that goes $side', async ({ answer, side, to, seen }) => {
    const before = await slowPath();
    const sport = FIRST_PORT + ANSWERS.indexOf(answer) + (side === 'in' ? 0 : SIDES);
    chain.send(
      'port',
      side === 'in' ? 'wire' : 'host',
      packetFromText(`ip 10.9.0.2 > 10.9.0.1 / udp ${sport} > 0 / "x"`),
    );
    const loops = answer === 'loop' || answer === 'circle' ? 1 : 0;
    await vi.waitFor(async () => expect((await slowPath())?.looped).toBe((before?.looped ?? 0) + loops));
    await settled();
    const frames = chain.take();
    expect({ host: portsOf('host', frames), wire: portsOf('wire', frames) }).toEqual({
      host: to === 'host' ? [seen] : [],
      wire: to === 'wire' ? [seen] : [],
    });
    const after = await slowPath();
    expect(after?.handedUp).toBeGreaterThan(before?.handedUp ?? 0);
    expect(after?.undelivered).toBe(0);
  });
});

describe.each(HOOKS)('ways up on %s', (hook) => {
  const copies = hook === 'tcx';
  const listening = { way: 'interface', interface: 'ear' } as const;
  const reasons: NonNullable<OwnFunctionSpec['reasons']> = { heard: listening, overheard: listening };
  let chain: SimulatedChain;
  beforeAll(async () => {
    const ways: OwnFunctionSpec = { name: 'ways', use: file('ways.vnf.ts'), config: { copies }, reasons };
    const spec = lineChain('up', { interface: 'port', hook }, [ways]);
    chain = await startSimulatedChain(spec, { log: silent, listeners: ['ear'] });
  });
  afterAll(() => chain.stop());

  const seenBy = async () => (await chain.functions[0]?.operate('seen', undefined)) as readonly Seen[];
  const ways = WAYS_UP.filter(({ needsCopies = false }) => copies || !needsCopies);
  const all = ways.flatMap((way) => ['', 'vlan 5 / '].map((tag) => ({ ...way, tag })));

  test.each(all)('$way of a packet, behind "$tag"', async ({ way, tag, up, reason, heard, goesOn }) => {
    const text = `${tag}ip 10.9.0.2 > 10.9.0.1 / udp ${UP[way]} > 900 / "${'x'.repeat(100)}"`;
    const sent = packetFromText(text);
    chain.send('port', 'wire', sent);
    await settled();
    const came = await seenBy();
    const frames = chain.take().map(({ port, side, bytes }) => `${port} ${side}: ${textOf(bytes)}`);
    expect(frames.toSorted()).toEqual([
      ...(heard ? [`ear wire: ${textOf(sent)}`] : []),
      ...(goesOn ? [`port host: ${textOf(sent)}`] : []),
    ]);
    const [length, captured] = { whole: [sent.length, sent.length], beginning: [sent.length, 64], metadata: [0, 0] }[
      up ?? 'metadata'
    ] as [number, number];
    expect(came).toEqual(up === undefined ? [] : [{ reason, sport: UP[way], length, bytes: sent.slice(0, captured) }]);
  });
});
