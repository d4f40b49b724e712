// What one instance of a function sees of where it runs, in whichever thread its code is; and what the main thread, which owns
// the chains' wiring, does for it. File descriptors belong to the process: an instance makes maps and loads programs itself,
// in the main thread or in a worker, and only putting them into their places is asked of the main thread.

import type { FunctionProgram } from '@twinpath/compiler';
import type { MapSpec } from '@twinpath/ebpf';
import type { Hook, Placement } from '@twinpath/vnf/chain';
import type { EventHandler, LoadedPrograms, PortState, StagedMaps } from './data-plane.ts';
import type { InstanceMaps } from './tables/instance-maps.ts';

/** A port of an instance: of a transparent function each port that it sits on, of others those that it declares, in order of
 *  their index. Plain data. */
export interface InstancePort {
  readonly name: string;
  /** 0: not wired to an interface (to another function's port, or to nothing). */
  readonly ifindex: number;
  /** Name of the interface's network namespace; `undefined`: that of the process. */
  readonly namespace: string | undefined;
  readonly hook: Hook;
}

/** Where an instance is wanted. Plain data. */
export interface InstancePlaces {
  readonly placements: readonly Placement[];
  readonly ports: readonly InstancePort[];
}

/** A program for a place, as it goes from thread to thread: the number of its descriptor, which stays with who loaded it. */
export interface PlacedProgram {
  readonly position: number;
  /** `wire`: for packets as they come. `retry`: for those that the slow path sends through the function again (XDP). */
  readonly origin: 'wire' | 'retry';
  readonly fd: number;
}

/** The main thread's part, for all instances: program arrays by position, links, records. Synchronous for who calls. */
export interface Wiring {
  /**
   * Programs go to their places; where a place is the first of a port, its link changes too.
   * @throws what prevents it; everything is as it was then.
   */
  place(programs: readonly PlacedProgram[]): void;
}

/** Program arrays of a chain, which live as long as it: programs are loaded against them and the slow path resumes through
 *  them. By position; one of each for each hook, since the kernel holds an array to programs of one kind. */
export interface PathArrays {
  /** Pinned here, for who is in another thread, or another process: `<directory>/path.xdp`, `retry.xdp`, `resume.xdp`,
   *  `path.tcx-ingress`, `path.tcx-egress`. */
  readonly directory: string;
}

/** The names of a chain's program arrays. `path`: the program at a position. `retry`: its program for packets sent again.
 *  `resume`: the program behind it; nothing: the end of the path. */
export type PathArray = 'path' | 'retry' | 'resume';

/** An instance's side. */
export interface InstancePlane extends Disposable {
  readonly cpus: number;
  /** Of the instance; they change when staged ones are kept. */
  readonly maps: InstanceMaps;
  readonly ports: readonly InstancePort[];
  portState(port: string): PortState;
  stageMaps(specs: readonly MapSpec[]): StagedMaps;
  /** Each program's `position` says where it belongs. @throws ProgramRejectedError */
  load(programs: readonly FunctionProgram[], staged: StagedMaps): LoadedPrograms;
  /** By way of the main thread's `Wiring`. Takes the programs over; those before are not closed. */
  attach(programs: LoadedPrograms): void;
  /** Reads events until disposed. */
  listen(handler: EventHandler): Disposable;
}
