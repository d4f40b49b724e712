import type { Port } from '@twinpath/packet';
import type { CopiedPacket } from '../packet/views.ts';

/** A packet that was handed over and waits for exactly one answer; changes made through its views go with it. */
export interface HeldPacket extends CopiedPacket {
  /** On in the chain, directly behind this function. */
  resume(): void;
  /** Through this function's fast path once more; a fourth time is a drop, counted. */
  retry(): void;
  /** As if it had just come by the port, or by its own: through all functions from there on. Counts as `retry` does. */
  receive(port?: Port): void;
  forward(port: Port): void;
  bounce(): void;
  stack(): void;
  drop(): void;
  /** Drops it and sends this back out of the port it came in by. */
  reply(frame: Uint8Array): void;
}
