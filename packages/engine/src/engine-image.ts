import type { MapSpec, ProgramSpec } from '@twinpath/ebpf';
import type { Geometry } from './maps/known-map.ts';
import type { MapShape } from './maps/shape.ts';
import type { ModuleMark } from './wasm/module.ts';

/** A program that is ready to be instantiated, on any thread. */
export interface ProgramImage {
  /** Its place in program arrays, which another may have after it. */
  readonly id: number;
  /** Its own for ever. */
  readonly serial: number;
  readonly spec: ProgramSpec;
  readonly checked: boolean;
  readonly module: WebAssembly.Module;
  readonly marks: readonly ModuleMark[];
  /** Address of its run times, a pair of f64 for each CPU: runs, nanoseconds. 0: nobody asks for them. */
  readonly times: number;
}

export interface MapImage {
  readonly spec: MapSpec;
  readonly shape: MapShape;
  readonly geometry: Geometry;
}

/** Room in the memory for a thread that works on maps. */
export interface Seat {
  readonly address: number;
  readonly bytes: number;
}

/** An engine as other threads take part in it: what structured cloning can carry. */
export interface EngineImage {
  readonly memory: WebAssembly.Memory;
  readonly cpus: number;
  readonly seed: bigint;
  readonly maps: readonly MapImage[];
  readonly programs: readonly ProgramImage[];
}
