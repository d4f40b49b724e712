import { z } from 'zod';
import { time } from './names.ts';

const head = { id: z.int(), at: time };

/** What happens, as it happens. */
export const event = z.discriminatedUnion('kind', [
  z.object({ ...head, kind: z.literal('changed'), revision: z.int(), by: z.string(), chains: z.array(z.string()) }),
  z.object({ ...head, kind: z.literal('confirmed'), revision: z.int() }),
  z.object({ ...head, kind: z.literal('reverted'), revision: z.int(), to: z.int() }),
  z.object({
    ...head,
    kind: z.literal('chain'),
    chain: z.string(),
    state: z.string(),
    detail: z.string().exactOptional(),
  }),
  /** A line of a chain, or of the daemon. */
  z.object({
    ...head,
    kind: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    chain: z.string().exactOptional(),
    text: z.string(),
  }),
]);
export type Event = z.infer<typeof event>;

export const eventQuery = z.strictObject({
  chain: z.string().max(63).exactOptional(),
  kind: z.enum(['changed', 'confirmed', 'reverted', 'chain', 'log']).exactOptional(),
});
