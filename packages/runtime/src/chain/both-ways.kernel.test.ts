import { openFds, traceFds } from '@twinpath/linux';
import { lineChain } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silent } from '../fixtures/silent.ts';
import { FAR_ADDRESS, NEAR_ADDRESS, payloads, Veth } from '../fixtures/veth.ts';
import { ourFilters } from '../host/filters.ts';
import { ourLinks } from '../host/links.ts';
import type { RunningChain } from './running.ts';
import { startChain } from './start-chain.ts';

// Runs on emulated machines, too: waits for what it wants to see, as long as that takes.

const WATCH = new URL('../fixtures/watch.vnf.ts', import.meta.url).pathname;
const CHAIN = 'tp-runtime-both';
const PATIENCE_MS = 60_000;

let veth: Veth;
let chain: RunningChain;

beforeAll(async () => {
  traceFds();
  veth = new Veth('both');
  const port = { interface: 'port', namespace: veth.near };
  chain = await startChain(lineChain(CHAIN, port, [{ name: 'watch', use: WATCH }]), { log: silent });
});

afterAll(async () => {
  await chain.stop();
  expect(ours()).toEqual([]);
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});

const ours = () =>
  [...ourLinks(), ...ourFilters()].map(({ program }) => program).filter((name) => /^tp_watch/.test(name));

const outward = (port: number, payload: string) =>
  `ip ${NEAR_ADDRESS} > ${FAR_ADDRESS} / udp 6000 > ${port} / "${payload}"`;

async function counted() {
  const { functions } = await chain.statistics();
  return functions[0]?.counters;
}

async function arrive(take: () => Uint8Array[]): Promise<string[]> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const frames = take();
    if (frames.length > 0 || performance.now() > end) return payloads(frames);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a program sees what enters the port, and another one what leaves it', async () => {
  expect(ours().toSorted()).toEqual(['tp_watch_in', 'tp_watch_out']);
  veth.sendIn(`ip ${FAR_ADDRESS} > 10.9.0.50 / udp 5000 > 7 / "in"`);
  expect(await arrive(() => veth.takeIn())).toEqual(['in']);
  expect((await counted())?.entered).toBeGreaterThanOrEqual(1);

  const before = await counted();
  veth.sendOut(outward(9, 'closed'));
  expect(await counted()).toMatchObject({ refused: (before?.refused ?? 0) + 1, left: before?.left });
  expect(veth.takeOut()).toEqual([]);
});

test('what leaves goes through the slow path, and the same way again', async () => {
  const before = await counted();
  veth.sendOut(outward(7, 'asked'));
  expect(await arrive(() => veth.takeOut())).toEqual(['asked']);
  veth.sendOut(outward(7, 'known'));
  expect(await arrive(() => veth.takeOut())).toEqual(['known']);
  expect((await counted())?.left).toBe((before?.left ?? 0) + 2);
});
