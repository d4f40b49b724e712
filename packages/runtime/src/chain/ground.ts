// What a chain stands on: the kernel of this machine, or an engine of this process.

import type { ChainFunctionSpec, ChainSpec, OwnFunctionSpec, PlacedChain, Placement, Root } from '@twinpath/vnf/chain';
import type { FunctionMarks } from '../instance/function-marks.ts';
import type { FunctionData } from '../instance/instance-handle.ts';
import type { InstancePlaces } from '../instance-plane.ts';
import type { ChainError } from './chain-error.ts';
import type { HookNeeded } from './choose-hook.ts';
import type { Member } from './member.ts';
import type { OpenPort } from './open-port.ts';
import type { PortDescription } from './running.ts';

/** A function that was imported, or is another chain's. */
export type OpenedFunction = Omit<Member, 'spec'>;

/** Something as it was. Disposing lets go of it; it puts nothing back. */
export interface Kept extends Disposable {
  restore(): void;
}

/** Which programs stand where, and where packets begin. */
export interface ChainWiring<Port extends OpenPort> {
  /** These places are about to be filled, and ports to be attached. */
  expect(placements: Iterable<Placement>, ports: ReadonlyMap<string, Port>): void;
  /** What is at these positions now. */
  keep(positions: readonly number[]): Kept;
  /** Packets begin there from now on, each with the old places or with the new ones. Gives what takes it back. */
  begin(roots: readonly Root[]): () => void;
  /** Ends what begins elsewhere than at these roots. */
  endOthers(roots: readonly Root[]): void;
  /** No packet comes to these places any more. */
  forget(positions: Iterable<number>): void;
}

/** The maps of functions, under whose names they are found again. */
export interface FunctionMaps {
  /** As they are, while a change works on them. */
  backup(functionName: string): Kept;
  /** What there is of a function is not for the one that takes its place. */
  forgetMaps(functionName: string): void;
  /** What the tables are that another process has left. */
  marksOf(functionName: string): FunctionMarks | undefined;
  /** Of all other functions. */
  removeMapsBut(functions: readonly string[]): void;
}

/** What a process that is gone has left. */
export interface Inheritance {
  readonly placed: PlacedChain;
  /** Of places that are there. */
  readonly occupied: readonly number[];
  /** What that process had brought the chain to, where it is known. */
  readonly spec: ChainSpec | undefined;
}

/** The chain, as it is told of what happens below it. */
export interface ChainAbove<Port extends OpenPort> {
  readonly ports: ReadonlyMap<string, Port>;
  /** The interface of a port is another one of the same name. Rejected: it cannot be used. */
  returned(port: string): Promise<void>;
  /** Packets meet tail calls where they met a fused program. */
  unfused(): void;
}

/** What a change has led to. */
export interface Settled<Port extends OpenPort> {
  readonly spec: ChainSpec;
  readonly ports: ReadonlyMap<string, Port>;
  readonly placed: PlacedChain;
  readonly functions: Readonly<Record<string, FunctionMarks>>;
}

export interface ChainGround<Port extends OpenPort = OpenPort> extends AsyncDisposable {
  readonly wiring: ChainWiring<Port>;
  readonly maps: FunctionMaps;
  readonly arrays: InstancePlaces['arrays'];
  /** Comes when the chain has lost what it cannot be without. */
  readonly lost: Promise<ChainError>;
  /** Ends with the ground. Goes on with what was left, if anything was. */
  carry(chain: ChainAbove<Port>): Inheritance | undefined;
  /** A function that has no place in the chain yet. @throws ChainError, CompileError */
  open(one: ChainFunctionSpec, chain: ChainSpec): Promise<OpenedFunction>;
  /** Makes sure of the interfaces by which packets of a function's reasons leave. @throws ChainError */
  listen(chain: ChainSpec, one: OwnFunctionSpec, reasons: FunctionData['reasons']): void;
  /** Those of the spec; of those before, what stays. What is opened and not wanted in the end is closed by `undo`.
   *  `needed`: of ports that leave their hook open. @throws ChainError */
  openPorts(
    spec: ChainSpec,
    before: ReadonlyMap<string, Port>,
    undo: AsyncDisposableStack,
    needed?: HookNeeded | undefined,
  ): Promise<ReadonlyMap<string, Port>>;
  /** What ports need before packets begin there. */
  prepare(ports: ReadonlyMap<string, Port>): void;
  /** What was attached to the interface of a port is gone with it. */
  letGo(port: string): void;
  /** The chain has been brought to this. @throws what keeps it from being recorded */
  settle(done: Settled<Port>): void;
  /** Packets begin at these ports alone: others are closed. */
  begun(ports: ReadonlyMap<string, Port>): Promise<void>;
  /** For whoever starts it after a reboot. @throws what keeps it from being written */
  store(spec: ChainSpec): Promise<void>;
  /** The chain is not wanted any more. */
  forget(): void;
  /** Places are given up for good. */
  retired(): void;
  /** Makes one program of functions, wherever that can be. @throws why it cannot be */
  fuse(): Promise<void>;
  /** Others than before run under these names. */
  replaced(functions: readonly string[]): Promise<void>;
  describe(name: string, port: Port): PortDescription;
}
