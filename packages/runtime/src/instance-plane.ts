// What one instance of a function sees of where it runs, in whichever thread its code is; and what the main thread, which owns
// the chains' wiring, does for it. File descriptors belong to the process: an instance makes maps and loads programs itself,
// in the main thread or in a worker, and only putting them into their places is asked of the main thread.

import type { SerialisedPart } from '@twinpath/compiler';
import type { MapSpec } from '@twinpath/ebpf';
import type { Fd } from '@twinpath/linux';
import type { Hook, Placement } from '@twinpath/vnf/chain';
import type { ReasonOverrides } from '@twinpath/vnf/plan';
import type { PlaceProgram } from './compile/function-compiler.ts';
import type { EventHandler, LoadedProgram, PortState, StagedMaps } from './data-plane.ts';
import type { PacketOut } from './packet-out/packet-out.ts';
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

/** Where packets begin that enter by an interface. */
export interface Beginning {
  readonly chain: string;
  readonly ifindex: number;
  readonly hook: Hook;
  readonly position: number;
}

/** Where an instance is wanted. Plain data. */
export interface InstancePlaces {
  readonly placements: readonly Placement[];
  readonly ports: readonly InstancePort[];
  /** Of all ports of its chains. */
  readonly beginnings: readonly Beginning[];
  /** By name of the chain: the directory where its program arrays are pinned (kernel/path-arrays.ts). */
  readonly arrays: Readonly<Record<string, string>>;
  /** What reasons say there in place of what the function declares. */
  readonly reasons?: ReasonOverrides;
  /** The hottest entries of tables are kept in front of them. */
  readonly specialise?: boolean;
  /** Chains that are to be fused: they are told what programs are made of. */
  readonly fuses?: readonly string[];
}

/** What a place's program is made of. Plain data. */
export interface PlacedPart extends Pick<SerialisedPart, 'owner' | 'ir' | 'remembers'> {
  readonly hook: Hook;
  /** By name: the kernel's numbers. */
  readonly maps: Readonly<Record<string, number>>;
}

/** A program for a place, as it goes from thread to thread. */
export interface PlacedProgram {
  readonly chain: string;
  readonly position: number;
  /** The kernel's number of it. Who loaded it holds it until `place` has returned. */
  readonly id: number;
  readonly part?: PlacedPart;
}

/** The main thread's part, for all instances: program arrays by position, links, records. Synchronous for who calls. */
export interface Wiring {
  /**
   * Programs go to their places; where a place is the first of a port, its link changes too.
   * @throws what prevents it; everything is as it was then.
   */
  place(programs: readonly PlacedProgram[]): void;
  /** What fused programs have counted goes to the counters of the functions in them. */
  collect(): void;
}

/** An instance's side. */
export interface InstancePlane extends Disposable {
  readonly cpus: number;
  /** The highest number of a CPU, and one: more than `cpus` where numbers have holes. */
  readonly cpuNumbers: number;
  /** Events that went up by AF_XDP and found no room there; default: nothing goes that way. */
  readonly lostAtSockets?: number;
  /** Its programs ask the kernel for routes, and not a copy of them. */
  readonly asksKernel?: boolean;
  /** Of the instance; they change when staged ones are kept. */
  readonly maps: InstanceMaps;
  /** Where the instance is wanted; programs are loaded for these places from then on. */
  places: InstancePlaces;
  /** By the port's name. A port without an interface, or whose interface is gone, is down. */
  portState(port: string): PortState;
  /** By its name, in the ports' namespace; 0: there is none. */
  interfaceIndex(name: string): number;
  /** Calls back when something of the ports' interfaces, or of others that were asked for, has changed, until the plane is disposed. */
  onPortChange(changed: () => void): void;
  /** Brings what programs know of ports (`ports`, `links`) up to date in the present maps. */
  refreshPorts(): void;
  /** Goes on with the maps of an instance that is no more, and what they hold. `false`: there are none. */
  adopt(): boolean;
  /** `fresh`: names of those that are not taken over, although they are there in the same shape. */
  stageMaps(specs: readonly MapSpec[], fresh?: ReadonlySet<string>): StagedMaps;
  /** Whether there is a map of this name. */
  hasMap(name: string): boolean;
  /** Each program's `position` says where it belongs. @throws ProgramRejectedError; then none is kept. */
  load(programs: readonly PlaceProgram[], staged: StagedMaps): readonly LoadedProgram[];
  /** By way of the main thread's `Wiring`: packets meet these programs from now on, in place of those before. */
  attach(programs: readonly LoadedProgram[]): void;
  readonly packetOut: PacketOut;
  /** Lets go of events that wait; how many. */
  discardEvents(): number;
  /** Calls back each time that something has come to a descriptor; who is called reads all there is. */
  watch(fd: Fd, onEvent: () => void): Disposable;
  /** Reads events until disposed. `drained`: there are no more for now, or it is time to do something else; whether somebody waits for
   *  what becomes of those that came. */
  listen(handler: EventHandler, drained: () => boolean): Disposable;
}
