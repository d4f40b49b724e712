// Where the programs of a chain run: the kernel, or (later) an engine in this process. What a chain asks of it.

import type { FunctionProgram, ProgramChoice } from '@twinpath/compiler';
import type { MapSpec, VerifierError } from '@twinpath/ebpf';
import type { InstanceMaps } from './tables/instance-maps.ts';

/** A network interface that the chain sits on, as it is now. */
export interface PortState {
  readonly mac: string;
  readonly mtu: number;
  /** Administratively up, and connected. */
  readonly up: boolean;
  /** Without prefix lengths. */
  readonly addresses: readonly string[];
}

/** Where a packet was taken, or goes on. */
export type PacketHook = 'xdp' | 'tcx-egress';

/** Ways back for packets of the slow path. All throw what the kernel says, or FrameTooLongError. */
export interface PacketOut {
  /** Through the function's fast path once more; `trips`: how often it has been there before. */
  retry(hook: PacketHook, frame: Uint8Array, trips: number): void;
  /** On, directly behind the function. */
  resume(hook: PacketHook, frame: Uint8Array): void;
  /** Out of the port, past the function. */
  send(frame: Uint8Array): void;
  /** Into the host, as if the port had received it, past the function. */
  receive(frame: Uint8Array): void;
}

/** Maps that are about to become those of the function. Without `commit`, disposing takes everything back. */
export interface StagedMaps extends Disposable {
  /** New ones; taken over: those whose spec is the same as before. */
  readonly maps: InstanceMaps;
  /** Not taken over. */
  isFresh(name: string): boolean;
  /** They are the data plane's maps from now on. */
  install(): void;
  /** Lets go of those before. */
  commit(): void;
}

/** Programs that the data plane has accepted. */
export interface LoadedPrograms extends Disposable {
  readonly programs: readonly LoadedProgram[];
}

/** The verifier rejected a program: the compiler's fault, or the author's. `cause` is the VerifierError. */
export class ProgramRejectedError extends Error {
  override readonly name = 'ProgramRejectedError';
  readonly code = 'TP_PROGRAM_REJECTED';
  readonly program: FunctionProgram;
  readonly rejection: VerifierError;

  constructor(program: FunctionProgram, rejection: VerifierError) {
    super(rejection.message, { cause: rejection });
    this.program = program;
    this.rejection = rejection;
  }
}

export interface LoadedProgram {
  readonly choice: ProgramChoice;
  readonly name: string;
  readonly id: number;
  /** Runs, and nanoseconds of all of them. Counted only while somebody asks for it. */
  runTime(): { readonly runs: number; readonly ns: number };
}

/** One event of the ring, valid during the call: copy what must outlive it. */
export type EventHandler = (memory: DataView, offset: number, length: number) => void;

export interface DataPlane extends Disposable {
  /** The interface's number, as programs see it. */
  readonly ifindex: number;
  /** CPUs that run programs. */
  readonly cpus: number;
  /** How packets reach the programs. Settled by `attach`. */
  readonly mode: 'native' | 'generic';
  /** Of the function; they change when staged ones are kept. */
  readonly maps: InstanceMaps;
  readonly packetOut: PacketOut;
  portState(): PortState;
  stageMaps(specs: readonly MapSpec[]): StagedMaps;
  /** @throws ProgramRejectedError */
  load(programs: readonly FunctionProgram[], staged: StagedMaps): LoadedPrograms;
  /**
   * Packets meet these programs from now on instead of those before, if any. Takes them over; the ones before are not closed.
   * @throws what prevents it; everything is as it was then.
   */
  attach(programs: LoadedPrograms): void;
  /** Reads events until disposed. */
  listen(handler: EventHandler): Disposable;
}
