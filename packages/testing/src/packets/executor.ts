import type { Direction } from '@twinpath/compiler';
import type { MapSpec } from '@twinpath/ebpf';
import type { InstanceMaps } from '@twinpath/runtime';
import type { Constants, Programs } from './programs.ts';

/** Something that runs programs on packets. */
export interface Executor {
  readonly name: 'evaluator' | 'engine' | 'kernel';
  /** Makes the maps of one instance. */
  createMaps(specs: readonly MapSpec[], ports: readonly TestPort[]): ExecutorMaps;
}

export interface TestPort {
  readonly name: string;
  readonly ifindex: number;
}

export interface ExecutorMaps extends Disposable {
  readonly maps: InstanceMaps;
  load(programs: Programs, constants: Constants): Loaded;
}

export interface Loaded extends Disposable {
  run(packet: PacketIn): PacketOut;
  /** Records of the ring buffer since the last call. */
  takeEvents(): readonly Uint8Array[];
}

export interface PacketIn {
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  readonly port: TestPort;
}

export interface PacketOut {
  readonly bytes: Uint8Array;
  /** What the program returned to the hook. */
  readonly returned: number;
  /** The interface that the packet leaves by; `undefined`: it does not, or the executor cannot tell. */
  readonly leavesBy?: number | undefined;
}
