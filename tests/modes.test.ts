// The list of modes in the engine. The host behind it has no rules: what it would let in and what it would refuse comes to it.

import { fileURLToPath } from 'node:url';
import { packetFromText } from '@twinpath/packet';
import { type SimulatedChain, startSimulatedChain } from '@twinpath/runtime';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { configOf, expected, possible, SPLITS, type Split } from './fixtures/modes.ts';
import { silent } from './fixtures/silent.ts';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const start = (split: Split, hook: 'xdp' | 'tcx'): Promise<SimulatedChain> =>
  startSimulatedChain(
    {
      name: 'modes',
      ports: { port: { interface: 'port', hook } },
      paths: [['port', 'filter', 'behind', 'host']],
      functions: [
        { name: 'filter', use: file(`fixtures/filter-${split}.vnf.ts`) },
        { name: 'behind', use: file('../packages/runtime/src/fixtures/meter.vnf.ts') },
      ],
    },
    { log: silent },
  );

const FAMILIES = ['10.0.0.2 > 10.0.0.1', 'fd00::2 > fd00::1'];

describe.each(['xdp', 'tcx'] as const)('on %s', (hook) => {
  describe.each(SPLITS)('split: %s', (split) => {
    let chain: SimulatedChain;
    beforeAll(async () => {
      chain = await start(split, hook);
    });
    afterAll(() => chain.stop());

    /** How often the slow path has decided, and how many packets have met the function behind. */
    async function counts() {
      const asked = split === 'in-kernel' ? 0 : Number(await chain.functions[0]?.operate('asked', {}));
      const { functions } = await chain.statistics();
      return { asked, behind: functions[1]?.counters.entered ?? 0 };
    }

    test.each(possible(split))('$title', async (listed) => {
      const { asked, behind } = expected(listed, split);
      for (const addresses of FAMILIES) {
        // Also forgets what was decided.
        await chain.configure('filter', configOf(listed));
        const before = await counts();
        for (const { port, ends } of listed.packets) {
          const frame = packetFromText(`ip ${addresses} / udp 5000 > ${port} / "packet"`);
          chain.send('port', 'wire', frame);
          const arrived: Uint8Array[] = [];
          const take = () => arrived.push(...chain.take().map(({ bytes }) => bytes));
          if (ends === 'dropped') {
            // By the fast path at once, or by the slow path when it has been asked.
            await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
            take();
            expect(arrived).toEqual([]);
          } else {
            await vi.waitFor(() => {
              take();
              expect(arrived).toEqual([frame]);
            });
          }
        }
        const after = await counts();
        expect({ asked: after.asked - before.asked, behind: after.behind - before.behind }).toEqual({ asked, behind });
      }
    });
  });
});
