import type { Engine, EngineMap } from '@twinpath/engine';
import { type Fd, pollFd } from '@twinpath/linux';
import type { PortState } from '../data-plane.ts';
import type { InstancePort, Wiring } from '../instance-plane.ts';
import type { EngineAccess } from './engine-access.ts';
import type { EngineHost } from './engine-host.ts';
import type { EnginePaths } from './engine-paths.ts';
import type { AskEngine } from './engine-question.ts';
import type { EngineTenancy } from './engine-tenancy.ts';
import type { EngineWiring } from './engine-wiring.ts';
import type { Inlet } from './inlet.ts';

/** For an instance of the thread that made the engine. */
export class LocalAccess implements EngineAccess {
  readonly engine: Engine;
  readonly paths: EnginePaths;
  readonly wiring: Wiring;
  readonly ask: AskEngine;
  readonly graceMs: number;
  readonly #host: EngineHost;

  constructor(host: EngineHost, wiring: EngineWiring, { ask }: EngineTenancy) {
    this.#host = host;
    this.engine = host.engine;
    this.graceMs = host.graceMs;
    this.paths = wiring.paths;
    this.wiring = wiring;
    this.ask = ask;
  }

  /** Others of this thread may have it. */
  closeMap(): void {}

  openInlet(): Inlet {
    return this.#host.openInlet();
  }

  watchRing(ring: EngineMap, wake: () => void): Disposable {
    return this.#host.watch(ring, wake);
  }

  watch(fd: Fd, onEvent: () => void): Disposable {
    const poll = pollFd(fd, onEvent);
    poll.unref();
    return poll;
  }

  state({ ifindex }: InstancePort): PortState | undefined {
    return this.#host.state(ifindex);
  }

  interfaceIndex(name: string): number {
    return this.#host.interfaceIndex(name);
  }

  onPortChange(changed: () => void): Disposable {
    return this.#host.onPortChange(changed);
  }

  within<T>(work: () => T): T {
    return work();
  }
}
