// A chain's engine, seen from a worker of slow paths: its memory is joined, and what only the thread that made it can do is asked of that.

import { Engine, type EngineMap } from '@twinpath/engine';
import { type Fd, signalEventFd } from '@twinpath/linux';
import type { EngineAccess } from '../engine/engine-access.ts';
import { EnginePaths, type PathsImage } from '../engine/engine-paths.ts';
import type { AskEngine } from '../engine/engine-question.ts';
import type { Inlet } from '../engine/inlet.ts';
import { PortInlet } from '../engine/port-inlet.ts';
import { watchRing } from '../engine/watch-ring.ts';
import type { SeatImage } from '../engine/worker-host.ts';
import type { InstancePort, Wiring } from '../instance-plane.ts';
import { PortLinks } from '../network/port-links.ts';

export interface GuestAccessOptions {
  readonly seat: SeatImage;
  readonly paths: PathsImage;
  readonly wiring: Wiring;
  readonly ask: AskEngine;
  /** Calls back each time that something has come to the descriptor. */
  watch(fd: number, wake: () => void): Disposable;
  within<T>(work: () => T): T;
}

export class GuestAccess implements EngineAccess {
  readonly engine: Engine;
  readonly paths: EnginePaths;
  readonly wiring: Wiring;
  readonly ask: AskEngine;
  readonly graceMs: number;
  readonly #options: GuestAccessOptions;
  readonly #links: PortLinks;

  constructor(options: GuestAccessOptions) {
    const { seat, paths, wiring, ask } = options;
    this.#options = options;
    this.engine = Engine.join(seat.engine, { seat: seat.seat });
    this.paths = EnginePaths.open(this.engine, paths);
    this.wiring = wiring;
    this.ask = ask;
    this.graceMs = seat.graceMs;
    this.#links = new PortLinks((fd, onEvent) => this.watch(fd, onEvent));
  }

  closeMap(map: EngineMap): void {
    map[Symbol.dispose]();
  }

  openInlet(): Inlet {
    const { pool, inlet } = this.#options.seat;
    const asleep = pool.asleep >>> 2;
    const words = new Int32Array(this.engine.memory.memory.buffer);
    return new PortInlet(this.engine, pool, inlet, () => {
      if (pool.alarm !== undefined && Atomics.load(words, asleep) !== 0) signalEventFd(pool.alarm);
    });
  }

  watchRing(ring: EngineMap, wake: () => void): Disposable {
    return watchRing(this.engine, ring, wake);
  }

  watch(fd: Fd, onEvent: () => void): Disposable {
    return this.#options.watch(fd.number, () => this.within(onEvent));
  }

  state(port: InstancePort) {
    return this.#links.state(port);
  }

  interfaceIndex(name: string, namespace: string | undefined): number {
    return this.#links.index(name, namespace);
  }

  onPortChange(changed: () => void): Disposable {
    this.#links.onChange(changed);
    return this.#links;
  }

  within<T>(work: () => T): T {
    return this.#options.within(work);
  }
}
