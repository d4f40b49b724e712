// Where the programs of a chain run: the kernel, or an engine in this process. What a chain asks of it.

import type { VerifierError } from '@twinpath/ebpf';
import type { PlaceProgram } from './compile/function-compiler.ts';
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

/** The verifier rejected a program: the compiler's fault, or the author's. `cause` is the VerifierError. */
export class ProgramRejectedError extends Error {
  override readonly name = 'ProgramRejectedError';
  readonly code = 'TP_PROGRAM_REJECTED';
  readonly program: PlaceProgram;
  readonly rejection: VerifierError;

  constructor(program: PlaceProgram, rejection: VerifierError) {
    super(rejection.message, { cause: rejection });
    this.program = program;
    this.rejection = rejection;
  }
}

/** A program that the data plane has accepted. */
export interface LoadedProgram extends Disposable {
  readonly choice: Pick<PlaceProgram, 'hook' | 'position'>;
  readonly name: string;
  readonly id: number;
  /** Runs, and nanoseconds of all of them. Counted only while somebody asks for it. */
  runTime(): { readonly runs: number; readonly ns: number };
}

/** One event of the ring, valid during the call: copy what must outlive it. */
export type EventHandler = (memory: DataView, offset: number, length: number) => void;
