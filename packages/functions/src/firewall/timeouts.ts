// How long flows stay without packets. Defaults: tables.ts.
import { net } from '@twinpath/vnf';
import { z } from 'zod';

const timeout = () =>
  net
    .duration()
    .refine((nanoseconds) => nanoseconds >= 1e9, 'is less than a second')
    .optional();

export const Timeouts = z.strictObject({
  /** One end has spoken. */
  opening: timeout(),
  /** The other end has answered: of TCP, the opener has not spoken again. */
  answered: timeout(),
  /** TCP that both ends speak in. */
  open: timeout(),
  /** Other flows that both ends speak in: UDP, ICMP. */
  stream: timeout(),
  /** One end has sent FIN. */
  halfClosed: timeout(),
  /** RST, or FIN from both. */
  closed: timeout(),
  /** Refused by a rule that the slow path decided on. */
  refused: timeout(),
});

export function idleTimeouts(timeouts: z.infer<typeof Timeouts>) {
  const { opening, answered, open, stream, halfClosed, closed, refused } = timeouts;
  return {
    opening: { opening, answered, closed, refused },
    flows: { open, stream, closedByOpener: halfClosed, closedByAnswerer: halfClosed, closed },
  };
}
