// What the thread that fuses chains is asked, and what it answers. Plain data.
import type { FuseOnceOptions, LeftOut, Way } from '@twinpath/compiler';
import type { ProgramSpec } from '@twinpath/ebpf';

export interface FuseJob extends FuseOnceOptions {
  readonly id: number;
}

export interface FuseMade {
  readonly spec: ProgramSpec;
  /** Places that are in it. */
  readonly positions: readonly number[];
  /** Places that could be, and are not. */
  readonly left: readonly LeftOut[];
  /** What it counts. */
  readonly ways: readonly Way[];
  /** Lines of each CPU's memory of flows; 0: it has none. */
  readonly lines: number;
}

export type FuseAnswer = { readonly id: number } & (
  | { readonly made: FuseMade }
  /** `isTooLarge`: less of it may do. */
  | { readonly failed: string; readonly isTooLarge: boolean }
);
