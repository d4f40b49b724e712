// The fused programs of a chain: one for each beginning, where there is one. They stand in links alone; program arrays hold the
// standing programs of places, to which unlikely packets, and those of the slow path, go on.

import type { LeftOut } from '@twinpath/compiler';
import {
  FLOW_CACHE,
  FLOW_LINE,
  flowCacheMap,
  fusedMapName,
  PATH,
  TRIPS,
  WAY_COUNTS,
  WAYS,
  waysMap,
} from '@twinpath/compiler/abi';
import { BpfMap, BpfProgram, VerifierError } from '@twinpath/ebpf';
import { possibleCpus } from '@twinpath/linux';
import type { Hook } from '@twinpath/vnf/chain';
import { compileThread } from '../compile/compile-thread.ts';
import { programName } from '../host/paths.ts';
import type { PlacedPart } from '../instance-plane.ts';
import type { PathArrays } from '../kernel/path-arrays.ts';
import type { FuseMade } from './fuse-job.ts';
import { WayCounts } from './way-counts.ts';

interface Fused {
  readonly program: BpfProgram;
  readonly positions: ReadonlySet<number>;
  readonly left: readonly LeftOut[];
  /** `undefined`: each function counts itself. */
  readonly counts: WayCounts | undefined;
}

/** What stands where packets begin. */
export interface Fusing {
  /** That are one program there; none: they are programs of their own. */
  readonly functions: readonly string[];
  /** That follow by tail calls, and why. */
  readonly left: readonly { readonly name: string; readonly why: string }[];
}

/** Of a program that no link has any more. */
interface LeftCounts {
  readonly counts: WayCounts;
  /** As `performance.now()` has it. */
  readonly since: number;
}

/** Bytes that all CPUs' memories of flows may take for one program. */
const MOST_MEMORY = 64 << 20;

/** Numbers that a CPU may have. */
const CPUS = Math.max(...possibleCpus()) + 1;

/** By then programs have ended that had begun before their link was changed. */
const GRACE_MS = 50;

/** Instructions of the IR; `undefined`: as many as the compiler likes. What the verifier finds too large is tried with less:
 *  first without copies for likely ways, then without the last functions. */
const ROOMS: readonly (number | undefined)[] = [undefined, 6000, 5000, 4000, 3000, 1500];

export class FusedPrograms implements Disposable {
  readonly #chain: string;
  readonly #arrays: PathArrays;
  /** By position. */
  readonly #parts = new Map<number, PlacedPart>();
  /** By beginning. */
  readonly #fused = new Map<string, Fused>();
  readonly #fusing = new Map<string, Fusing>();
  #left: readonly LeftCounts[] = [];
  /** Whoever has fused a chain will do it again when a function changes. */
  #compiler: Disposable | undefined;
  #isDisposed = false;

  constructor(chain: string, arrays: PathArrays) {
    this.#chain = chain;
    this.#arrays = arrays;
  }

  part(position: number): PlacedPart | undefined {
    return this.#parts.get(position);
  }

  setPart(position: number, part: PlacedPart | undefined): void {
    if (part === undefined) this.#parts.delete(position);
    else this.#parts.set(position, part);
  }

  isFused(beginning: string): boolean {
    return this.#fused.has(beginning);
  }

  /** `undefined`: there is nothing to be fused. */
  fusing(beginning: string): Fusing | undefined {
    return this.#fusing.get(beginning);
  }

  /** Beginnings whose program has the place in it. */
  with(position: number): readonly string[] {
    return [...this.#fused].flatMap(([beginning, { positions }]) => (positions.has(position) ? [beginning] : []));
  }

  drop(beginning: string): void {
    const fused = this.#fused.get(beginning);
    this.#fused.delete(beginning);
    this.#fusing.delete(beginning);
    fused?.program[Symbol.dispose]();
    if (fused?.counts !== undefined) this.#left = [...this.#left, { counts: fused.counts, since: performance.now() }];
  }

  /** What was counted goes to the functions' counters. */
  collect(): void {
    for (const { counts } of this.#fused.values()) counts?.collect();
    const now = performance.now();
    for (const { counts, since } of this.#left) {
      counts.collect();
      if (now - since > GRACE_MS) counts[Symbol.dispose]();
    }
    this.#left = this.#left.filter(({ since }) => now - since <= GRACE_MS);
  }

  /**
   * Makes the program of a beginning. `undefined`: nothing is to be fused there, or what it is made of has changed meanwhile.
   * @throws why there can be none
   */
  async make(beginning: string, hook: Hook, first: number): Promise<BpfProgram | undefined> {
    const given = new Map(this.#parts);
    this.#fusing.delete(beginning);
    const start = given.get(first);
    if (start === undefined || given.size < 2) return undefined;
    this.#compiler ??= compileThread.keep();
    const made = await this.#load(hook, first, given);
    const isSame = [...made.positions].every((position) => this.#parts.get(position) === given.get(position));
    const isOne = made.positions.size > 1;
    if (this.#isDisposed || !isSame || !isOne) {
      made.program[Symbol.dispose]();
      made.counts?.[Symbol.dispose]();
      if (isSame && !isOne) this.#fusing.set(beginning, fusingOf(made, given));
      return undefined;
    }
    this.drop(beginning);
    this.#fused.set(beginning, made);
    this.#fusing.set(beginning, fusingOf(made, given));
    return made.program;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#compiler?.[Symbol.dispose]();
    this.#compiler = undefined;
    for (const beginning of [...this.#fused.keys()]) this.drop(beginning);
    this.collect();
    for (const { counts } of this.#left) counts[Symbol.dispose]();
    this.#left = [];
  }

  async #load(hook: Hook, first: number, given: ReadonlyMap<number, PlacedPart>): Promise<Fused> {
    const parts = [...given].flatMap(([position, { owner, hook: own, ir, remembers = {} }]) =>
      own === hook ? [{ position, owner, ir, remembers }] : [],
    );
    const mostLines = 2 ** Math.floor(Math.log2(MOST_MEMORY / FLOW_LINE / CPUS));
    let refused: unknown;
    for (const room of ROOMS) {
      try {
        const made = await compileThread.fuse({ name: 'fused', hook, first, parts, room, mostLines });
        const { positions } = made;
        const left = made.left.map(({ position, why }) => ({ position, why: because(why, refused) }));
        return { ...this.#loadOne(made, hook, given), positions, left };
      } catch (error) {
        if (!isTooLarge(error)) throw error;
        refused = error;
      }
    }
    throw refused;
  }

  #loadOne({ spec, positions, ways, lines }: FuseMade, hook: Hook, given: ReadonlyMap<number, PlacedPart>) {
    using opened = new DisposableStack();
    using kept = new DisposableStack();
    const ids = new Map(
      [...positions].flatMap((position) => {
        const { owner, maps } = given.get(position) ?? { owner: '', maps: {} };
        return Object.entries(maps).map(([name, id]) => [fusedMapName(owner, name), id] as const);
      }),
    );
    const arrays = this.#arrays;
    const own: Record<string, BpfMap> = {
      [PATH]: arrays.get('path', hook),
      [WAYS]: arrays.ways,
      [TRIPS]: arrays.trips,
    };
    const open = (name: string): BpfMap => {
      const id = ids.get(name);
      if (id === undefined) throw new Error(`the fused program of ${this.#chain} knows no map ${name}`);
      return BpfMap.fromId(id);
    };
    if (lines > 0) own[FLOW_CACHE] = opened.use(BpfMap.create(flowCacheMap(lines, CPUS)));
    if (ways.length > 0) own[WAY_COUNTS] = kept.use(BpfMap.create(waysMap(ways)));
    const wanted = new Set(spec.relocations.map(({ map }) => map));
    const maps = Object.fromEntries([...wanted].map((name) => [name, own[name] ?? opened.use(open(name))] as const));
    const suffix = hook === 'tcx-egress' ? 'out' : 'in';
    const counting = new Set(ways.flatMap((way) => way.map(({ map }) => map)));
    const counters = new Map([...counting].map((name) => [name, kept.use(open(name))] as const));
    const program = BpfProgram.load({ ...spec, name: programName(this.#chain, suffix) }, { maps });
    kept.move();
    const counted = own[WAY_COUNTS];
    return { program, counts: counted && new WayCounts(ways, counted, counters) };
  }
}

/** A function is named once, if none of its places is in the program. */
function fusingOf({ positions, left }: Fused, parts: ReadonlyMap<number, PlacedPart>): Fusing {
  const nameOf = (position: number) => parts.get(position)?.owner ?? '';
  const functions = new Set([...positions].map(nameOf));
  const others = new Map<string, string>();
  for (const { position, why } of left) {
    const name = nameOf(position);
    if (!functions.has(name) && !others.has(name)) others.set(name, why);
  }
  return {
    functions: positions.size > 1 ? [...functions] : [],
    left: [...others].map(([name, why]) => ({ name, why })),
  };
}

function because(why: string, refused: unknown): string {
  if (refused === undefined) return why;
  const said = refused instanceof VerifierError ? refused.summary : refused instanceof Error ? refused.message : '';
  return `${why}; a larger whole is refused: ${said}`;
}

function isTooLarge(error: unknown): boolean {
  // Of the thread's, where the compiler is.
  if (error instanceof Error && error.name === 'CodeGenerationError') return true;
  return error instanceof VerifierError && (error.code === 'E2BIG' || /too large|too many|complex/.test(error.summary));
}
