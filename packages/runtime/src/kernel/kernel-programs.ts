import type { FunctionProgram } from '@twinpath/compiler';
import { assembleProgram, BpfProgram, VerifierError } from '@twinpath/ebpf';
import { type LoadedProgram, type LoadedPrograms, ProgramRejectedError } from '../data-plane.ts';
import { PROGRAM_PREFIX, programName } from '../host/paths.ts';
import type { StagedKernelMaps } from './kernel-maps.ts';

class KernelProgram implements LoadedProgram, Disposable {
  readonly choice: LoadedProgram['choice'];
  readonly name: string;
  readonly id: number;
  readonly program: BpfProgram;

  constructor({ hook, origin }: FunctionProgram, program: BpfProgram) {
    this.choice = { hook, origin };
    this.program = program;
    this.name = program.name;
    this.id = program.info().id;
  }

  runTime(): { readonly runs: number; readonly ns: number } {
    const { runCount, runTimeNs } = this.program.info();
    return { runs: Number(runCount), ns: Number(runTimeNs) };
  }

  [Symbol.dispose](): void {
    this.program[Symbol.dispose]();
  }
}

/** The programs of one function in the kernel; attached or not. */
export class KernelPrograms implements LoadedPrograms {
  readonly programs: readonly KernelProgram[];

  private constructor(programs: readonly KernelProgram[]) {
    this.programs = programs;
  }

  /** @throws ProgramRejectedError */
  static load(functionName: string, made: readonly FunctionProgram[], maps: StagedKernelMaps): KernelPrograms {
    using loaded = new DisposableStack();
    const programs = made.map((one) => {
      const program = loaded.use(loadOne(functionName, one, maps));
      return new KernelProgram(one, program);
    });
    loaded.move();
    return new KernelPrograms(programs);
  }

  find(hook: string, origin: 'wire' | 'retry'): BpfProgram | undefined {
    return this.programs.find(({ choice }) => choice.hook === hook && choice.origin === origin)?.program;
  }

  [Symbol.dispose](): void {
    for (const program of this.programs) program[Symbol.dispose]();
  }
}

function loadOne(functionName: string, made: FunctionProgram, maps: StagedKernelMaps): BpfProgram {
  const suffix = made.origin === 'retry' ? 'retry' : made.direction === 'egress' ? 'out' : 'in';
  try {
    return BpfProgram.load({ ...made.compiled.spec, name: programName(functionName, suffix) }, { maps: maps.byName });
  } catch (error) {
    throw error instanceof VerifierError ? new ProgramRejectedError(made, error) : error;
  }
}

/** XDP_PASS, whatever the packet is. */
export function loadPass(): BpfProgram {
  return BpfProgram.load(assembleProgram(`${PROGRAM_PREFIX}pass`, 'xdp', 'r0 = 2\nexit'));
}
