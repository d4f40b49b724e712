import type { FunctionProgram } from '@twinpath/compiler';
import { type BpfMap, BpfProgram, VerifierError } from '@twinpath/ebpf';
import { type LoadedProgram, ProgramRejectedError } from '../data-plane.ts';
import { programName } from '../host/paths.ts';

/** A program of a function in the kernel; attached or not. */
export class KernelProgram implements LoadedProgram {
  readonly choice: LoadedProgram['choice'];
  readonly name: string;
  readonly id: number;
  readonly #program: BpfProgram;

  constructor({ hook, position = 0 }: FunctionProgram, program: BpfProgram) {
    this.choice = { hook, position };
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

/** @throws ProgramRejectedError; none is kept then. */
export function loadPrograms(
  functionName: string,
  made: readonly FunctionProgram[],
  mapsFor: (program: FunctionProgram) => Readonly<Record<string, BpfMap>>,
): readonly KernelProgram[] {
  using loaded = new DisposableStack();
  const programs = made.map((one) => loaded.use(new KernelProgram(one, loadOne(functionName, one, mapsFor(one)))));
  loaded.move();
  return programs;
}

function loadOne(functionName: string, made: FunctionProgram, maps: Readonly<Record<string, BpfMap>>): BpfProgram {
  const suffix = made.direction === 'egress' ? 'out' : 'in';
  try {
    return BpfProgram.load({ ...made.compiled.spec, name: programName(functionName, suffix) }, { maps });
  } catch (error) {
    throw error instanceof VerifierError ? new ProgramRejectedError(made, error) : error;
  }
}
