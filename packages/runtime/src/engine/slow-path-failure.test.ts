// The runtime's list of slow paths that fail (threads/failure.lab.test.ts), in the engine: without privileges.

import { setTimeout as delay } from 'node:timers/promises';
import { packetFromText, packetView } from '@twinpath/packet';
import { lineChain } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { FIRST_PORT, portOf } from '../fixtures/failing.vnf.ts';
import { FRAMES, MemoryWire } from '../fixtures/memory-wire.ts';

const FAILING = new URL('../fixtures/failing.vnf.ts', import.meta.url).pathname;
const HIT = 4000;
const WAIT = { timeout: 20_000, interval: 20 };

type Way = Parameters<typeof portOf>[0];
const packet = (port: number) => packetFromText(`ip 10.9.0.2 > 10.9.0.50 / udp 5000 > ${port} / "x"`);

let lines: string[] = [];
const note = (text: string) => lines.push(text);
const log = { debug: note, info: note, warn: note, error: note };

const open = (onFailure: 'pass' | 'drop') => {
  const bad = { name: 'bad', use: FAILING, onFailure } as const;
  return MemoryWire.open(lineChain('failing', { interface: 'port' }, [bad]), log);
};

/** Destination ports of what has come. */
const came = (wire: MemoryWire) =>
  wire.take().map((frame) => packetView(frame, { port: 'port', now: 0 }).ip()?.udp()?.dport ?? 0);

async function bad({ chain }: MemoryWire) {
  const found = (await chain.statistics()).functions.find(({ name }) => name === 'bad');
  return { restarts: found?.slowPath.restarts ?? 0, absent: found?.reasons.up?.absent ?? 0 };
}

/** Its slow path answers. */
const answers = (wire: MemoryWire) =>
  vi.waitFor(async () => {
    wire.take();
    wire.send(packet(portOf('resume')));
    await delay(50);
    expect(came(wire)).toContain(portOf('resume'));
  }, WAIT);

/** Packets for the fast path alone, until it is told to stop; how many it sent, and how many came. */
function load(wire: MemoryWire) {
  let [sent, arrived] = [0, 0];
  const collect = () => {
    arrived += came(wire).filter((port) => port === HIT).length;
  };
  const timer = setInterval(() => {
    collect();
    for (let count = 0; count < 8; count++) if (wire.send(packet(HIT))) sent++;
  }, 1);
  return async () => {
    clearInterval(timer);
    await vi.waitFor(() => {
      collect();
      expect(arrived).toBe(sent);
    }, WAIT);
    return sent;
  };
}

beforeEach(() => {
  lines = [];
});

describe('slow paths that fail, and packets for them pass', () => {
  let wire: MemoryWire;
  let available: number;
  beforeAll(async () => {
    wire = await open('pass');
    available = wire.host.engine.available;
  }, 60_000);
  afterAll(async () => {
    await wire[Symbol.asyncDispose]();
  });

  test('a handler that throws costs its packet alone', async () => {
    await answers(wire);
    const { restarts } = await bad(wire);
    wire.send(packet(portOf('throw')));
    await vi.waitFor(() => expect(lines.join()).toMatch(/the handler of up failed: Error: thrown/), WAIT);
    expect((await bad(wire)).restarts).toBe(restarts);
  });

  test.each([
    { way: 'throw later', says: /thrown later/ },
    { way: 'exit', says: /process\.exit\(3\) was called/ },
    { way: 'loop', says: /its code does not come to an end/ },
    { way: 'loop writing', says: /its code does not come to an end/ },
  ] as const satisfies readonly { way: Way; says: RegExp }[])(
    '$way: is reported and started again over its tables, and the fast path loses nothing',
    async ({ way, says }) => {
      await answers(wire);
      const before = { ...(await bad(wire)), first: await wire.chain.functions[0]?.entries('first') };
      const loaded = load(wire);
      wire.send(packet(portOf(way)));
      await vi.waitFor(() => expect(lines.join('\n')).toMatch(says), WAIT);
      // While it is not there.
      await vi.waitFor(async () => {
        wire.send(packet(FIRST_PORT));
        expect((await bad(wire)).restarts).toBe(before.restarts + 1);
      }, WAIT);
      expect(await loaded()).toBeGreaterThan(100);
      await answers(wire);
      expect((await bad(wire)).absent).toBeGreaterThan(before.absent);
      const { chain } = wire;
      expect((await chain.functions[0]?.entries('seen'))?.map(([key]) => key)).toContainEqual({
        port: portOf('resume'),
      });
      expect(await chain.functions[0]?.entries('first')).toEqual(before.first);
    },
  );

  test('nothing of those that ended is left in the engine, and no frame', async () => {
    const { engine, workers } = wire.host;
    await vi.waitFor(() => expect(engine.available).toBe(available), WAIT);
    expect([...(workers[0]?.audit().values() ?? [])].reduce((sum, count) => sum + count, 0)).toBe(FRAMES);
  });
});

test('packets are dropped while the slow path is not there, where that was declared', async () => {
  await using wire = await open('drop');
  await answers(wire);
  const before = await bad(wire);
  wire.send(packet(portOf('throw later')));
  await vi.waitFor(() => expect(lines.join()).toMatch(/packets for it are dropped/), { ...WAIT, interval: 1 });
  wire.take();
  wire.send(packet(portOf('resume')));
  await vi.waitFor(async () => expect((await bad(wire)).absent - before.absent).toBe(1), WAIT);
  expect(came(wire)).not.toContain(portOf('resume'));
});
