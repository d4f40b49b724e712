// Programs that were compiled before, by what they were compiled from: the IR, the sources that the line information quotes, and the
// compiler itself.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CompiledProgram, type CompileOptions, compileProgram, listingOf, relocate } from '../backend/index.ts';
import type { Numbers, Program } from '../ir/types.ts';
import { hashOfModules } from './cache-files.ts';
import { Kept } from './kept.ts';

/** Smaller programs take less time than their entries. */
const LEAST_INSTRUCTIONS = 500;

export type Stored = Omit<CompiledProgram, 'listing'>;

export class ProgramCache {
  readonly #programs = new Kept<Stored>('program', 64);
  readonly #compile: typeof compileProgram;

  constructor(compile = compileProgram) {
    this.#compile = compile;
  }

  /** As compileProgram, but only once of programs that differ in relocated numbers alone. @throws CodeGenerationError */
  once(program: Program, options: CompileOptions): CompiledProgram {
    const size = program.blocks.reduce((sum, { instructions }) => sum + instructions.length, 0);
    if (size < LEAST_INSTRUCTIONS) return this.#compile(program, options);
    const { relocated, ...same } = program;
    const made = this.#programs.once([compiler(), same, options], () => storedOf(this.#compile(program, options)));
    return compiledOf(made, relocated);
  }
}

const programs = new ProgramCache();

/** `ProgramCache.once`, of this process. */
export const compileOnce = (program: Program, options: CompileOptions): CompiledProgram =>
  programs.once(program, options);

export function storedOf({ listing: _, ...made }: CompiledProgram): Stored {
  return made;
}

export function compiledOf(made: Stored, relocated: Numbers | undefined): CompiledProgram {
  return relocate({ ...made, listing: () => listingOf(made.spec) }, relocated);
}

let known: string | undefined;

/** Told by all files that have a part in the code. */
export function compiler(): string {
  const own = ['../optimise', '../optimise/simplify', '../backend', '../ir', '.'];
  const assembler = ['@twinpath/ebpf/asm', '@twinpath/ebpf/btf'].map((name) =>
    dirname(fileURLToPath(import.meta.resolve(name))),
  );
  known ??= hashOfModules([...own.map((part) => join(import.meta.dirname, part)), ...assembler]) + process.versions.v8;
  return known;
}
