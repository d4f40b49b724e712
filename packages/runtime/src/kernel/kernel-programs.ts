import { type BpfMap, BpfProgram, type ProgramSpec, VerifierError } from '@twinpath/ebpf';
import type { PlaceProgram } from '../compile/function-compiler.ts';
import { type LoadedProgram, ProgramRejectedError } from '../data-plane.ts';
import { programName } from '../host/paths.ts';
import { isStanding, type Standing } from './standing-program.ts';

/** A program of a function in the kernel; attached or not. */
export class KernelProgram implements LoadedProgram {
  readonly choice: LoadedProgram['choice'];
  readonly name: string;
  readonly id: number;
  readonly spec: ProgramSpec;
  readonly ir: PlaceProgram['ir'];
  readonly remembers: PlaceProgram['remembers'];
  /** What it was loaded with. */
  readonly maps: Readonly<Record<string, BpfMap>>;
  readonly #program: BpfProgram;

  constructor(
    { hook, position, spec, ir, remembers }: PlaceProgram,
    program: BpfProgram,
    maps: Readonly<Record<string, BpfMap>>,
  ) {
    this.ir = ir;
    this.remembers = remembers;
    this.maps = maps;
    this.choice = { hook, position };
    this.spec = spec;
    this.#program = program;
    this.name = program.name;
    this.id = program.info().id;
  }

  runTime(): { readonly runs: number; readonly ns: number } {
    const { runCount, runTimeNs } = this.#program.info();
    return { runs: Number(runCount), ns: Number(runTimeNs) };
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
  }
}

export interface LoadOptions {
  readonly functionName: string;
  mapsFor(program: PlaceProgram): Readonly<Record<string, BpfMap>>;
  /** What stands at the program's place already. */
  standing(program: PlaceProgram): Standing | undefined;
}

/** Those that stand there already are not loaded again. @throws ProgramRejectedError; none is kept then. */
export function loadPrograms(
  made: readonly PlaceProgram[],
  { functionName, mapsFor, standing }: LoadOptions,
): readonly KernelProgram[] {
  using loaded = new DisposableStack();
  const programs = made.map((one) => {
    const maps = mapsFor(one);
    const there = standing(one);
    if (there !== undefined && isStanding(there, one.spec, maps)) {
      return loaded.use(new KernelProgram(one, there.program, maps));
    }
    there?.program[Symbol.dispose]();
    return loaded.use(new KernelProgram(one, loadOne(functionName, one, maps), maps));
  });
  loaded.move();
  return programs;
}

function loadOne(functionName: string, made: PlaceProgram, maps: Readonly<Record<string, BpfMap>>): BpfProgram {
  const suffix = made.direction === 'egress' ? 'out' : 'in';
  try {
    return BpfProgram.load({ ...made.spec, name: programName(functionName, suffix) }, { maps });
  } catch (error) {
    throw error instanceof VerifierError ? new ProgramRejectedError(made, error) : error;
  }
}
