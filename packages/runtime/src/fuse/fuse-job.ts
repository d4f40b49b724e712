// What the thread that compiles is asked of chains that are one program, and what it answers. Plain data.
import type { FuseOnceOptions, LeftOut, Way } from '@twinpath/compiler';
import type { ProgramSpec } from '@twinpath/ebpf';

export type FuseJob = FuseOnceOptions;

export interface FuseMade {
  readonly spec: ProgramSpec;
  /** Places that are in it. */
  readonly positions: ReadonlySet<number>;
  /** Places that could be, and are not. */
  readonly left: readonly LeftOut[];
  /** What it counts. */
  readonly ways: readonly Way[];
  /** Lines of each CPU's memory of flows; 0: it has none. */
  readonly lines: number;
}
