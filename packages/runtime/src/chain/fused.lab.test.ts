// Functions that are one program, until one of them changes.

import { openFds, traceFds } from '@twinpath/linux';
import { packetView } from '@twinpath/packet';
import { type ChainSpec, lineChain } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silent } from '../fixtures/silent.ts';
import { Veth } from '../fixtures/veth.ts';
import { startChain } from './start-chain.ts';

const file = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;

let veth: Veth;
beforeAll(() => {
  traceFds();
  veth = new Veth('fused');
});
afterAll(() => {
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});

const spec = (hook: 'xdp' | 'tcx'): ChainSpec => {
  const stamps = [1, 2, 3].map((digit) => ({ name: `s${digit}`, use: file('stamp.vnf.ts'), config: { digit } }));
  return { ...lineChain('tp-runtime-fused', { interface: 'port', namespace: veth.near, hook }, stamps), run: 'fused' };
};

/** Destination ports of what has come: the digits of who saw it. */
async function digits(): Promise<readonly number[]> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return veth.takeOut().map((frame) => packetView(frame, { port: 'port', now: 0 }).ip()?.udp()?.dport ?? -1);
}
const inward = () => veth.sendIn('ip 10.9.0.2 > 10.9.0.50 / udp 9 > 0 / "in"');
const outward = () => veth.sendOut('ip 10.9.0.1 > 10.9.0.60 / udp 5 > 0 / "out"');

describe.each(['xdp', 'tcx'] as const)('on %s', (hook) => {
  test('a chain runs as one program, with the counters of each function, through changes of one of them', async () => {
    await using chain = await startChain({ ...spec(hook), run: 'tail-calls' }, { log: silent });
    expect(chain.ports.map(({ isFused }) => isFused)).toEqual([false]);
    await chain.change(spec(hook));
    expect(chain.ports.map(({ isFused }) => isFused)).toEqual([true]);
    inward();
    outward();
    expect(await digits()).toEqual([321]);
    // Nobody waits for the fused program: what is configured holds from here on, by tail calls first.
    await chain.change({ ...spec(hook), run: 'auto' });
    await chain.configure('s2', { digit: 5 });
    const isFused = () => chain.ports.every((port) => port.isFused);
    const states: boolean[] = [];
    do {
      states.push(isFused());
      outward();
      expect(await digits()).toEqual([351]);
    } while (states.at(-1) === false);
    expect(states.length).toBeGreaterThan(1);
    await chain.configure('s3', { digit: 3, ends: 9, as: 'bounce' });
    inward();
    expect(await digits()).toEqual([15_351]);
    const { functions } = await chain.statistics();
    const sent = states.length;
    expect(functions.map(({ counters }) => counters.seen)).toEqual([4 + sent, 4 + sent, 3 + sent]);
  });
});

test('what is remembered of a flow is believed until a table changes', async () => {
  const blocked = (name: string, port: number) => ({ name, use: file('blocked.vnf.ts'), config: { ports: [port] } });
  const port = { interface: 'port', namespace: veth.near, hook: 'xdp' } as const;
  const line = lineChain('tp-runtime-fused', port, [blocked('b1', 7), blocked('b2', 8)]);
  await using chain = await startChain({ ...line, run: 'fused' }, { log: silent });
  expect(chain.ports.map(({ isFused }) => isFused)).toEqual([true]);
  const sent = async () => {
    veth.takeIn();
    for (let packet = 0; packet < 3; packet++) veth.sendIn('ip 10.9.0.2 > 10.9.0.1 / udp 5 > 9 / "in"');
    await new Promise((resolve) => setTimeout(resolve, 50));
    return veth.takeIn().length;
  };
  expect(await sent()).toBe(3);
  await chain.configure('b2', { ports: [8, 9] });
  expect(await sent()).toBe(0);
  await chain.configure('b2', { ports: [] });
  expect(await sent()).toBe(3);
  const { functions } = await chain.statistics();
  expect(functions.map(({ verdicts }) => verdicts.drop)).toEqual([0, 3]);
});
