import type { Engine } from '../engine.ts';
import type { EngineProgram } from '../engine-program.ts';
import { contextLayout, REDIRECT } from '../memory/frame-context.ts';
import { Counters, VERDICT, type VerdictCounter, verdictCounters } from './counters.ts';
import { type FramePool, HOLDER } from './frame-pool.ts';
import type { Port } from './port.ts';

/** Contexts of one burst: 4 KiB, which stay in the cache. */
export const BURST = 64;
const { xdp } = contextLayout;
export const BURST_BYTES = BURST * xdp.stride;

const XDP_ABORTED = 0;
const XDP_PASS = 2;
const XDP_TX = 3;
const XDP_REDIRECT = 4;
const BPF_F_EXCLUDE_INGRESS = 16;

export interface ForwarderPlace {
  /** Addresses: of {@link BURST_BYTES} for contexts, and of the counters. */
  readonly contexts: number;
  readonly counters: number;
}

/**
 * Runs each burst to completion: receives it from a port, has the program judge it, and sends every frame where its verdict
 * says, in place. For one thread.
 */
export class Forwarder {
  /** Judges frames; without one they are dropped. */
  program: EngineProgram | undefined;
  /** The port for frames that are meant for the host (XDP_PASS); without one they are dropped. */
  host: number | undefined;
  readonly pool: FramePool;
  readonly #engine: Engine;
  readonly #contexts: number;
  readonly #words: Int32Array;
  readonly #counters: Counters<VerdictCounter>;
  readonly #ports = new Map<number, Port>();
  #inputs: readonly Port[] = [];

  constructor(engine: Engine, pool: FramePool, { contexts, counters }: ForwarderPlace) {
    this.#engine = engine;
    this.pool = pool;
    this.#contexts = contexts;
    this.#words = new Int32Array(engine.memory.memory.buffer);
    this.#counters = new Counters(engine.memory, counters, verdictCounters);
  }

  get ports(): readonly Port[] {
    return this.#inputs;
  }

  addPort(port: Port): void {
    if (this.#ports.has(port.number)) throw new Error(`there are two ports with number ${port.number}`);
    this.#ports.set(port.number, port);
    this.#inputs = [...this.#ports.values()];
  }

  removePort(number: number): void {
    this.#ports.delete(number);
    this.#inputs = [...this.#ports.values()];
  }

  /** One burst from each port; how many frames. */
  round(): number {
    let frames = 0;
    for (const port of this.#inputs) {
      const count = port.receive(this.#contexts, BURST);
      if (count === 0) continue;
      frames += count;
      this.program?.run(this.#contexts, count);
      this.#dispatch(port, count);
    }
    for (const port of this.#inputs) port.flush();
    return frames;
  }

  #dispatch(from: Port, count: number): void {
    for (let index = 0; index < count; index++) {
      const context = this.#contexts + index * xdp.stride;
      const verdict = this.program === undefined ? 1 : this.#word(context, xdp.verdict);
      if (verdict === XDP_TX) this.#transmit(context, from);
      else if (verdict === XDP_REDIRECT) this.#redirect(context, from);
      else if (verdict === XDP_PASS && this.host !== undefined) this.#pass(context, this.host);
      else this.#drop(context, verdict === XDP_ABORTED || verdict > XDP_REDIRECT ? VERDICT.aborted : VERDICT.dropped);
    }
  }

  #transmit(context: number, port: Port | undefined): void {
    if (port === undefined) this.#drop(context, VERDICT.lost);
    else if (port.transmit(context)) this.#counters.add(VERDICT.sent, 1);
    else this.#drop(context, VERDICT.lost);
  }

  #redirect(context: number, from: Port): void {
    const kind = this.#word(context, xdp.redirectKind);
    if (kind === REDIRECT.broadcast) this.#broadcast(context, from);
    else this.#transmit(context, this.#ports.get(this.#word(context, xdp.redirectTarget)));
  }

  #pass(context: number, host: number): void {
    const port = this.#ports.get(host);
    if (port?.transmit(context)) this.#counters.add(VERDICT.passed, 1);
    else this.#drop(context, VERDICT.lost);
  }

  #drop(context: number, why: number): void {
    this.#counters.add(why, 1);
    this.pool.give(this.#word(context, xdp.data) - this.pool.image.start, HOLDER.worker);
  }

  /** To the ports of a devmap's entries, each a copy. The frame itself is dropped. */
  #broadcast(context: number, from: Port): void {
    const id = this.#word(context, xdp.redirectMap);
    const isExcluded = (this.#word(context, xdp.redirectFlags) & BPF_F_EXCLUDE_INGRESS) !== 0;
    const map = this.#engine.maps().find((one) => one.id === id);
    for (const [, value] of map?.entries() ?? []) {
      const port = this.#ports.get(new DataView(value.buffer, value.byteOffset).getUint32(0, true));
      if (port !== undefined && !(isExcluded && port === from)) this.#copy(context, port);
    }
    this.#drop(context, VERDICT.broadcast);
  }

  #copy(context: number, port: Port): void {
    const { start } = this.pool.image;
    const data = this.#word(context, xdp.data);
    const offset = this.pool.take(HOLDER.worker);
    if (offset < 0) {
      this.#counters.add(VERDICT.uncopied, 1);
      return;
    }
    // Where the frame lies in its own: with the same room in front.
    const at = offset + (data - start - this.pool.base(data - start));
    const length = this.#word(context, xdp.dataEnd) - data;
    this.#engine.memory.bytes.copyWithin(start + at, data, data + length);
    const isSent = port.send(at, length);
    if (!isSent) this.pool.give(offset, HOLDER.worker);
    this.#counters.add(isSent ? VERDICT.copies : VERDICT.uncopied, 1);
  }

  #word(context: number, offset: number): number {
    return this.#words[(context + offset) >>> 2] ?? 0;
  }
}
