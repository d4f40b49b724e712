import type { Engine } from '@twinpath/engine';
import { FarEnd, type FramePoolImage, type InletFields, inletHeader, type PortImage } from '@twinpath/engine/ports';
import type { Inlet } from './inlet.ts';

/** By a port of a worker. */
export class PortInlet implements Inlet {
  readonly #far: FarEnd;
  #isClosed = false;

  /** `wake`: see EngineWorker.wake */
  constructor({ memory }: Engine, pool: FramePoolImage, port: PortImage, wake: () => void) {
    this.#far = new FarEnd(memory, pool, port, wake);
  }

  inject(to: InletFields, frame: Uint8Array): boolean {
    return !this.#isClosed && this.#far.deliver(frame, inletHeader(to));
  }

  flush(): void {
    if (!this.#isClosed) this.#far.ring();
  }

  /** Others may have its memory then. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
  }
}
