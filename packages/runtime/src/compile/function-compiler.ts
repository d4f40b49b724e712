// What an instance asks of the compiler, wherever that is: beside it (compile-here.ts), or in a thread of its own, so that slow paths
// run in workers without it (compile-thread.ts). Plain data both ways.

import type { CompileFunctionOptions, Rejection, SerialisedIr } from '@twinpath/compiler';
import type { ConfigRead } from '@twinpath/compiler/run';
import type { MapSpec, ProgramSpec } from '@twinpath/ebpf';
import type { Direction, Hook } from '@twinpath/vnf/chain';
import type { FunctionSpec } from '@twinpath/vnf/spec';
import type { InstancePlaces } from '../instance-plane.ts';

/** What programs are made for. */
export interface CompileRequest extends Pick<InstancePlaces, 'placements' | 'reasons'> {
  readonly config: unknown;
  readonly target: CompileFunctionOptions['target'];
  readonly notesWrites?: boolean;
  readonly specialise?: boolean;
}

/** The program of one place. */
export interface PlaceProgram {
  readonly hook: Hook;
  readonly direction: Direction;
  readonly position: number;
  readonly spec: ProgramSpec;
  /** Tables to whose values it writes in place, by path. */
  readonly writes: readonly string[];
  /** Maps of which fused chains may keep entries. */
  readonly remembers: readonly string[];
  /** For who fuses the chain. */
  readonly ir: SerialisedIr;
}

export interface Compiled {
  /** In order of the placements. */
  readonly programs: readonly PlaceProgram[];
  readonly maps: readonly MapSpec[];
  /** What of the configuration they are made of. */
  readonly reads: readonly ConfigRead[];
}

/** Of one function. */
export interface FunctionCompiler {
  /** @throws CompileError */
  compile(request: CompileRequest): Compiled;
  /** What the verifier says of the program of the request's first place, at the line that the author wrote. */
  rejected(request: CompileRequest, rejection: Rejection): Error;
}

/** What an instance is made of. */
export interface FunctionCode {
  /** Of the author's module as it runs in this thread. */
  readonly spec: FunctionSpec;
  /** Where it may send packets to that it does not name. */
  readonly sends: { readonly floods: boolean; readonly routes: boolean };
  readonly compiler: FunctionCompiler;
}
