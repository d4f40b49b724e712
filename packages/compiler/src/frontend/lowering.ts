// The seam between the front end's core (statements, expressions, calls, joins) and what the language knows of packets,
// tables and verdicts (intrinsics). The core implements Lowering; intrinsics implement Intrinsics and call nothing else.

import type { SizeClass } from '@twinpath/classifier';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import type { Continuation } from '../abi/chain.ts';
import type { ProgramBuilder } from '../ir/builder.ts';
import type { Hook, ValueId } from '../ir/types.ts';
import type { DiagnosticCode } from './diagnostics.ts';
import type { Direction } from './modules/vnf-call.ts';
import type { Outcome, Path, Sides, Site } from './path.ts';
import type { Range, Value } from './value.ts';

/** What the program is made for. */
export interface Target {
  readonly hook: Hook;
  /** Which fast path it is. Default: the way out on tcx egress, else the way in. */
  readonly direction?: Direction | undefined;
  /** The place in a chain that the program is made for; default 0. 16 bits. */
  readonly position?: number | undefined;
  /** What follows where the function lets a packet go on; default: nothing. */
  readonly next?: Continuation | undefined;
  /** What follows where it bounces one: functions on the way back to the port; default: nothing. */
  readonly back?: Continuation | undefined;
  /** Where packets go that pass by all that follows (`stack`), for one that leaves: default: on its way. A redirect says by which
   *  interface packets leave in a hook where they also entered. */
  readonly out?: Continuation | undefined;
  /** What follows where it forwards, by name of the port; default, and for `redirect`: out of the port's interface. */
  readonly exits?: ReadonlyMap<string, Continuation> | undefined;
  /** What follows where it floods; default: a broadcast (XDP) or copies (tcx) out of the ports' interfaces. */
  readonly flood?: Continuation | undefined;
  /** What follows where it routes, by the interface that leads there; default: out of it. */
  readonly routed?: ReadonlyMap<number, Continuation> | undefined;
  /** Name of the port by which all packets come; default: told by the interface. */
  readonly entry?: string | undefined;
  /** `kernel`: the helper's clock. `simulated`: the clock in the instance's state, which tests set. */
  readonly clock: 'kernel' | 'simulated';
  /** How many CPUs share each reason's limit. */
  readonly cpus: number;
  /** Numbers of CPUs that programs run on, from 0: more than there are where numbers have holes. Default: `cpus`. */
  readonly cpuNumbers?: number | undefined;
  /** The function's ports, or of a transparent one the port that it sits on, in order of their index. */
  readonly ports: readonly { readonly name: string; readonly ifindex: number }[];
  /** How much room each classifier has, by its path; the smallest class where none is named. */
  readonly classifiers: ReadonlyMap<string, SizeClass>;
  /** Seed of `hash`, made when the instance starts. 32 bits. */
  readonly seed: number;
  /** Where the kernel's `struct sk_buff` says that a checksum is unfinished (`skbChecksumState` of @twinpath/ebpf): needed by
   *  tc programs that write what TCP and UDP checksums cover. */
  readonly checksumState?: { readonly byte: number; readonly shift: number } | undefined;
  /** Paths of tables in front of which lookups look first (abi/front.ts); default: none. */
  readonly specialise?: readonly string[] | undefined;
  /** The mark by which the egress program knows packets of the slow path; not 0. 32 bits. */
  readonly key: number;
}

export interface Lowering {
  readonly builder: ProgramBuilder;
  readonly target: Target;
  readonly plan: FunctionPlan;

  /** Reports and ends the compilation of this path's expression: throws. */
  fail(site: Site, code: DiagnosticCode, ...operands: readonly string[]): never;
  warn(site: Site, code: DiagnosticCode, ...operands: readonly string[]): void;

  /** Two new blocks behind a branch on `condition` (not 0: then). */
  split(
    path: Path,
    condition: ValueId,
    likely?: 'then' | 'otherwise',
  ): { readonly then: Path; readonly otherwise: Path };
  /** Two new blocks behind the bounds check `pointer + size <= packet end`, in the path's epoch. */
  splitInPacket(path: Path, pointer: ValueId, size: number): { readonly then: Path; readonly otherwise: Path };
  /** Joins paths into as few as can be; outcomes whose values cannot live in the same registers stay apart. */
  join(outcomes: readonly Outcome[]): readonly Outcome[];
  /** One path from many whose scopes are equal but for registers (for example all ends of a parse that failed). */
  joinPaths(paths: readonly Path[]): readonly Path[];

  /** A register that holds an integer, boolean, name or constant number. */
  register(path: Path, value: Value, site: Site): ValueId;
  constant(path: Path, value: bigint): ValueId;
  /** A number that means the same in all programs of its kind, whatever it is: put into finished code (`Program.relocated`). Equal
   *  numbers of a kind are one. */
  relocation(path: Path, kind: string, number: bigint, width: 32 | 64): ValueId;
  /** What is known of a value's range on this path. `undefined`: not a number. */
  rangeOf(path: Path, value: Value): Range | undefined;
  integer(id: ValueId, range: Range): Value;
  /** What a function of the author's gives. */
  callFunction(
    path: Path,
    callee: Extract<Value, { kind: 'function' }>,
    operands: readonly Value[],
    site: Site,
  ): readonly Outcome[];
}

/** Name of the method that a call of the value itself is: `gtpu({ teid })`, where `gtpu` is a `header`. */
export const CALLED = '()';

/** What the core asks of the intrinsics. Each is total over its receivers: what does not exist is reported with `fail`.
 *  Nothing may be remembered outside of paths and the builder: bodies of loops are compiled repeatedly, until the ranges of
 *  their variables hold, and all tries but the last are taken back. */
export interface Intrinsics {
  property(lowering: Lowering, path: Path, receiver: Value, name: string, site: Site): readonly Outcome[];
  method(
    lowering: Lowering,
    path: Path,
    receiver: Value,
    name: string,
    operands: readonly Value[],
    site: Site,
  ): readonly Outcome[];
  assign(lowering: Lowering, path: Path, receiver: Value, name: string, value: Value, site: Site): readonly Path[];
  /** A call of something imported from `@twinpath/vnf`, by its name (`canonical`). `Math` is the core's. */
  call(lowering: Lowering, path: Path, name: string, operands: readonly Value[], site: Site): readonly Outcome[];
  /** A name imported from `@twinpath/vnf` used as a value (`drop`, `next`); `undefined`: unknown there. */
  named(name: string): Value | undefined;
  /** `===`: known now (one side missing), or a branch. Two numbers, two booleans and `undefined` are the core's. */
  equal(lowering: Lowering, path: Path, left: Value, right: Value, site: Site): Sides;
  /** Code before the author's: what every packet costs. Gives the paths on which the fast path runs and its packet. */
  begin(lowering: Lowering, path: Path): readonly Outcome[];
  /** Lets go of what `using` holds, where its block is left. */
  release(lowering: Lowering, path: Path, held: Value, site: Site): readonly Path[];
  /** Ends the path with a verdict: counts it and returns what the hook wants. */
  end(lowering: Lowering, path: Path, verdict: Value, site: Site): void;
}
