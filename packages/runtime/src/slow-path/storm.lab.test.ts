// A storm of new connections from addresses that are not there, beside packets that the fast path knows.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createVeth, getLink, Netlink, openFds, setLink, traceFds } from '@twinpath/linux';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startChain } from '../chain/start-chain.ts';
import { silent } from '../fixtures/silent.ts';
import { LIMIT } from '../fixtures/storm.vnf.ts';
import { FAR_ADDRESS, NEAR_ADDRESS, Veth } from '../fixtures/veth.ts';
import { takeDown } from '../host/take-down.ts';

const CHAIN = 'tp-runtime-storm';
const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;
/** Packets a second; of the flood as many as the machine can make. */
const FLOOD = 300_000;
const PACED = 10_000;
/** Sent at least, whatever the machine can do. */
const STORM = 20 * LIMIT;
const MOST_MS = 30_000;

let veth: Veth;
beforeAll(() => {
  traceFds();
  veth = new Veth('storm');
  // A wire of their own: what one wire's queue has no room for is lost before any function sees it.
  createVeth(veth.netlink, { name: 'quiet', queues: 1, peer: { name: 'calm', queues: 1, namespace: veth.far } });
  setLink(veth.netlink, 'quiet', { up: true });
  using far = new Netlink(veth.far);
  setLink(far, 'calm', { up: true });
});
afterAll(() => {
  expect(takeDown({ chain: CHAIN }).chains).toEqual([]);
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});

class Sender {
  readonly #child: ChildProcess;
  #said = '';

  constructor(link: string, text: string, rate: number) {
    const main = fixture('pace.ts');
    this.#child = spawn(process.execPath, [main, link, veth.far, text, String(rate)], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child.stdout?.on('data', (bytes) => {
      this.#said += String(bytes);
    });
  }

  /** How many it has sent. */
  async end(): Promise<number> {
    this.#child.stdin?.end('end');
    await once(this.#child, 'close');
    return Number(this.#said);
  }
}

function lostBy(link: string): number {
  using far = new Netlink(veth.far);
  return Number(getLink(far, link).statistics.txDropped);
}

test.each(['xdp', 'tcx'] as const)('on %s loses no known packet, and hands up what its limit says', async (hook) => {
  const port = (link: string) => ({ interface: link, namespace: veth.near, hook });
  const spec: ChainSpec = {
    name: CHAIN,
    ports: { wild: port('port'), quiet: port('quiet') },
    paths: [
      ['wild', 'storm', 'host'],
      ['quiet', 'storm', 'host'],
    ],
    functions: [{ name: 'storm', use: fixture('storm.vnf.ts') }],
  };
  await using chain = await startChain(spec, { log: silent });
  const lost = { wild: lostBy('far'), quiet: lostBy('calm') };
  const began = performance.now();
  const flood = new Sender('far', `ip 10.{n}.7.9 > ${NEAR_ADDRESS} / tcp {n} > 80 syn`, FLOOD);
  const paced = new Sender('calm', `ip ${FAR_ADDRESS} > ${NEAR_ADDRESS} / udp 7 > 9`, PACED);
  const asked = async () => (await chain.statistics()).functions[0]?.counters.asked ?? 0;
  // The slow path answers while it storms.
  await vi.waitUntil(async () => (await asked()) > STORM, { timeout: MOST_MS, interval: 100 });
  expect(await chain.functions[0]?.operate('alive', undefined)).toBe('yes');
  const [wild, quiet] = await Promise.all([flood.end(), paced.end()]);
  const seconds = (performance.now() - began) / 1000;
  const onTheWire = { wild: lostBy('far') - lost.wild, quiet: lostBy('calm') - lost.quiet };
  await vi.waitFor(async () => {
    const [storm] = (await chain.statistics()).functions;
    const { hits = 0, asked: unknown = 0 } = storm?.counters ?? {};
    const { up = 0, overLimit = 0, lost: noRoom = 0, absent } = storm?.reasons.opened ?? {};
    // All that was sent is accounted for.
    expect({ hits, unknown }).toEqual({ hits: quiet - onTheWire.quiet, unknown: wild - onTheWire.wild });
    expect(up + overLimit + noRoom).toBe(unknown);
    expect({ absent, handedUp: storm?.slowPath.handedUp }).toEqual({ absent: 0, handedUp: up });
    // What was saved up in one second comes on top of each second's.
    expect(up).toBeLessThanOrEqual(LIMIT * (seconds + 1));
    expect(overLimit).toBeGreaterThan(unknown / 10);
    expect(storm?.slowPath.answered.drop).toBe(up);
  }, 3000);
});
