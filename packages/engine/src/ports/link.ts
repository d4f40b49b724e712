// Wires between workers: what one sends by its end comes to the other's, so that the stages of a pipeline can be threads. Each has
// a pool of its own, so a frame is copied once; one of the two threads does that for both ways.

import type { Engine } from '../engine.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { createPort } from './create-port.ts';
import { FarEnd } from './far-end.ts';
import type { FramePoolImage } from './frame-pool.ts';
import type { Device, PortImage } from './port-image.ts';

export interface LinkEnd {
  readonly number: number;
  /** Of the worker. */
  readonly pool: FramePoolImage;
  readonly slot: number;
}

/** The ports of both ends. Frames that the one has no room for wait with the other, and are refused there when that is full. */
export function createLink(
  engine: Engine,
  { first, second, ringSize }: { readonly first: LinkEnd; readonly second: LinkEnd; readonly ringSize?: number },
): readonly [PortImage, PortImage] {
  const name = `link ${first.number} - ${second.number}`;
  const size = ringSize === undefined ? {} : { ringSize };
  const one = createPort(engine, { ...first, ...size, name, device: { kind: 'link', pool: second.pool } });
  const device = { kind: 'link', pool: first.pool, moves: one } as const;
  return [one, createPort(engine, { ...second, ...size, name, device })];
}

/** Rings the bell of those who work with a pool. */
export type Ring = (pool: FramePoolImage) => void;

/** The end that only says that it has sent something, and has room. */
export class LinkSignal implements Device {
  readonly rings = true;
  readonly #other: FramePoolImage;
  readonly #ring: Ring;

  constructor(other: FramePoolImage, ring: Ring) {
    this.#other = other;
    this.#ring = ring;
  }

  sent(): void {
    this.#ring(this.#other);
  }

  [Symbol.dispose](): void {}
}

/** The end that moves frames, both ways. */
export class LinkMover implements Device {
  readonly rings = true;
  readonly #own: FarEnd;
  readonly #other: FarEnd;

  constructor(
    memory: LinearMemory,
    own: FarEnd,
    other: { readonly pool: FramePoolImage; readonly port: PortImage },
    ring: Ring,
  ) {
    this.#own = own;
    this.#other = new FarEnd(memory, other.pool, other.port, () => ring(other.pool));
  }

  exchange(): boolean {
    this.#other.collect((frame) => this.#own.deliver(frame), this.#own.room());
    return this.#own.ring();
  }

  sent(): void {
    this.#own.collect((frame) => this.#other.deliver(frame), this.#other.room());
    this.#other.ring();
  }

  [Symbol.dispose](): void {}
}
