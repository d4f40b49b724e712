// One line that changes every second, for people who watch.
import type { ChainStatistics } from '@twinpath/runtime';
import { CLEAR_LINE } from '../output/clear-line.ts';
import { grouped } from '../output/table.ts';
import { summaryOf } from './summary.ts';

const PERIOD_MS = 1_000;

/** On standard error, and only if that is a terminal. Ends when disposed. */
export function showLive(read: () => Promise<ChainStatistics>): Disposable {
  const { stderr } = process;
  if (!stderr.isTTY) return { [Symbol.dispose]: () => {} };
  let last = 0;
  const timer = setInterval(async () => {
    // A chain that is about to end has none.
    const { functions } = await read().catch(() => ({ functions: [] }));
    if (functions.length === 0) return;
    const packets = functions.reduce((sum, one) => sum + summaryOf(one).packets, 0);
    const parts = functions.map((one) => {
      const { name, slowPath, dropped } = summaryOf(one);
      return `${name}: ${grouped(dropped)} dropped, ${grouped(slowPath)} to the slow path`;
    });
    const line = [`${grouped(packets - last)} packets/s`, `${grouped(packets)} in all`, ...parts].join(' · ');
    last = packets;
    stderr.write(CLEAR_LINE + line.slice(0, stderr.columns - 1));
  }, PERIOD_MS);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      stderr.write(CLEAR_LINE);
    },
  };
}
