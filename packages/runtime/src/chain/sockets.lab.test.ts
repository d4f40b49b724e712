// Packets that go up by AF_XDP sockets, and come back.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFds, traceFds } from '@twinpath/linux';
import { lineChain, type OwnFunctionSpec } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { silent } from '../fixtures/silent.ts';
import { payloads, Veth } from '../fixtures/veth.ts';
import type { RunningChain } from './running.ts';
import { startChain } from './start-chain.ts';

const use = new URL('../fixtures/socket.vnf.ts', import.meta.url).pathname;
/** More than the rings of a socket have places: frames are used again. */
const PACKETS = 1200;

let veth: Veth;
beforeAll(() => {
  traceFds();
  veth = new Veth('sockets');
});
afterAll(() => {
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});

const specOf = (mode: 'native' | 'generic', change: Partial<OwnFunctionSpec> = {}) =>
  lineChain('tp-runtime-sockets', { interface: 'port', namespace: veth.near, mode }, [
    { name: 'socket', use, ...change },
  ]);

async function exchange(chain: RunningChain, count: number): Promise<void> {
  const all = Array.from({ length: count }, (_, number) => number);
  const came: string[] = [];
  for (const number of all) {
    veth.sendIn(`ip 10.9.0.2 > 10.9.0.50 / udp ${5000 + number} > 7 / "${number}"`);
    // The receiving socket has room for some tens.
    if ((number + 1) % 30 !== 0 && number + 1 < count) continue;
    await vi.waitFor(() => {
      came.push(...payloads(veth.takeIn()));
      expect(came.length).toBeGreaterThan(number);
    }, 2000);
  }
  expect(came).toEqual(all.map(String));
  const [socket] = chain.functions;
  expect(await socket?.operate('seen', undefined)).toEqual(all.map((number) => `10.9.0.2:${5000 + number}`));
}

/** What comes by the ring is cut so short that it cannot go on. */
const onlyBySocket = { reasons: { up: { snap: 14 } } } as const;

test.each(['native', 'generic'] as const)('packets go up by the socket of their queue in %s mode', async (mode) => {
  const chain = await startChain(specOf(mode, onlyBySocket), { log: silent });
  try {
    await exchange(chain, PACKETS);
    const [found] = (await chain.statistics()).functions;
    expect(found).toMatchObject({ reasons: { up: { up: PACKETS } }, slowPath: { handedUp: PACKETS, truncated: 0 } });
    await chain.change(specOf(mode, { reasons: { up: { way: 'ring' } } }));
    await exchange(chain, 10);
    await chain.change(specOf(mode, onlyBySocket));
    await exchange(chain, 10);
  } finally {
    await chain.stop();
  }
});

test('what finds no room at a socket is counted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tp-sockets-'));
  await using chain = await startChain(specOf('native', onlyBySocket), { log: silent });
  const file = join(folder, 'resting');
  const rest = chain.functions[0]?.operate('rest', file);
  await vi.waitUntil(() => existsSync(file), { interval: 5 });
  for (let number = 0; number < PACKETS; number++) veth.sendIn(`ip 10.9.0.2 > 10.9.0.50 / udp ${number} > 7`);
  rmSync(folder, { recursive: true });
  await rest;
  await vi.waitFor(async () => {
    const { reasons, slowPath } = (await chain.statistics()).functions[0] ?? {};
    const up = reasons?.up?.up ?? 0;
    expect(slowPath?.lostAtSockets).toBeGreaterThan(PACKETS / 4);
    expect(up).toBe((slowPath?.handedUp ?? 0) + (slowPath?.lostAtSockets ?? 0));
  });
});
