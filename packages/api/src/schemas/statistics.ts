// Numbers of running chains. Names and meanings are those of the runtime.
import { z } from 'zod';

const byName = z.record(z.string(), z.number());

const reason = z.object({ up: z.number(), overLimit: z.number(), lost: z.number(), absent: z.number() });

export const functionStatistics = z.object({
  name: z.string(),
  packets: z.number(),
  verdicts: byName,
  reasons: z.record(z.string(), reason),
  /** How often each table was full. */
  tablesFull: byName,
  /** The author's. */
  counters: byName,
  programs: z.array(
    z.object({ hook: z.string(), name: z.string(), id: z.number(), runs: z.number(), nsPerRun: z.number() }),
  ),
  slowPath: z.object({
    handedUp: z.number(),
    answered: byName,
    unanswered: z.number(),
    looped: z.number(),
    truncated: z.number(),
    undelivered: z.number(),
    handlerErrors: z.number(),
    malformed: z.number(),
    lostAtSockets: z.number(),
    restarts: z.number(),
  }),
});

export const chainStatistics = z.object({ chain: z.string(), functions: z.array(functionStatistics) });
