import type { InletFields } from '@twinpath/engine/ports';

/** The way into the middle of a chain for frames of one thread. */
export interface Inlet extends Disposable {
  /** Copies the frame, for {@link flush}. `false`: there is no room. */
  inject(to: InletFields, frame: Uint8Array): boolean;
  /** Sends on what was injected. */
  flush(): void;
}
