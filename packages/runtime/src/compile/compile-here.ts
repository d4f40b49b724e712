// The compiler in this thread.

import {
  compileFunction,
  complete,
  type ImportedVnf,
  importVnf,
  ModuleError,
  moduleFailure,
  placeChoice,
  readSyntax,
  sends,
  serialiseIr,
  verifierRejection,
} from '@twinpath/compiler';
import { ConfigReads, runModule } from '@twinpath/compiler/run';
import type { FunctionSource } from './compile-job.ts';
import type { CompileRequest, FunctionCode, FunctionCompiler } from './function-compiler.ts';

/** From its file, or from what another thread has read of it. @throws CompileError, ArtefactError */
export async function importHere(from: string | FunctionSource): Promise<FunctionCode> {
  return codeHere(typeof from === 'string' ? await importVnf(from) : await imported(from));
}

export const codeHere = (imported: ImportedVnf): FunctionCode => ({
  spec: imported.spec,
  sends: sends(imported),
  compiler: compileHere(imported),
});

/** What was read of a function, as objects. */
export const syntaxOf = ({ syntax }: FunctionSource) =>
  // A copy: text is not decoded from shared memory.
  readSyntax(JSON.parse(Buffer.from(syntax).toString()));

async function imported(source: FunctionSource): Promise<ImportedVnf> {
  const { module, planHash, isNew } = source;
  const code = syntaxOf(source);
  try {
    return complete({ ...code, module, planHash, isNew }, await runModule(module));
  } catch (error) {
    throw error instanceof ModuleError ? moduleFailure(code, error) : error;
  }
}

export function compileHere(imported: ImportedVnf): FunctionCompiler {
  const compile = ({ config, placements, ...request }: CompileRequest) => {
    const reads = new ConfigReads(config);
    const programs = placements.map(placeChoice);
    return { ...compileFunction(imported, { ...request, config: reads.config, programs }), reads };
  };
  return {
    compile(request) {
      const { programs, maps, reads } = compile(request);
      return {
        programs: programs.map(({ hook, direction, position = 0, compiled: { spec }, writes, remembers, ir }) => {
          return { hook, direction, position, spec, writes, remembers, ir: serialiseIr(ir) };
        }),
        maps,
        reads: reads.reads,
      };
    },
    rejected(request, rejection) {
      const [program] = compile(request).programs;
      if (program === undefined) throw new RangeError('there is no place whose program was rejected');
      return verifierRejection(imported, program.compiled, rejection);
    },
  };
}
