// Where an instance's programs and maps are, as the main thread has it: for one of its own, and for one whose code is in a worker.

import type { PathsImage } from '../engine/engine-paths.ts';
import type { EngineQuestion } from '../engine/engine-question.ts';
import type { SeatImage } from '../engine/worker-host.ts';
import type { InstancePlane } from '../instance-plane.ts';

/** What a worker makes an instance's plane of. Plain data. */
export type PlaneImage =
  /** `pins`: where they go. */
  | { readonly kind: 'kernel'; readonly pins: string }
  | { readonly kind: 'engine'; readonly seat: SeatImage; readonly paths: PathsImage };

/** What an instance in a worker has, for as long as it is in that: to be disposed when it has let go, or its thread is gone. */
export interface Lodging extends AsyncDisposable {
  readonly plane: PlaneImage;
  /** What the worker waits for. @throws what prevents it */
  answer(question: EngineQuestion): unknown;
}

/** The instance's state map (compiler/abi/state.ts). */
export interface StateMemory extends Disposable {
  readonly memory: Uint8Array;
}

export interface InstanceHome {
  /** Instances can be in workers. */
  readonly hasThreads: boolean;
  /** For an instance of this thread. */
  openPlane(): InstancePlane;
  /** For one in a worker. */
  lodge(): Lodging;
  /** When an instance has begun there. */
  openState(): StateMemory;
}
