// What the thread that fuses chains is asked, and what it answers. Plain data.
import type { LeftOut, Part, Way } from '@twinpath/compiler';
import type { ProgramSpec } from '@twinpath/ebpf';
import type { Hook } from '@twinpath/vnf/chain';

export interface FuseJob {
  readonly id: number;
  readonly name: string;
  readonly hook: Hook;
  readonly first: number;
  readonly parts: readonly Part[];
  /** That one CPU's memory of flows may have. */
  readonly mostLines: number;
  /** Instructions of the IR that the whole may have; default: the compiler's. */
  readonly room?: number | undefined;
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
