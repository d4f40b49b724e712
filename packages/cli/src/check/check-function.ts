import {
  type CompiledFunction,
  compileFunction,
  type Diagnostic,
  diagnosticText,
  type FunctionProgram,
  type ImportedVnf,
  importVnf,
  sends,
  verifierRejection,
} from '@twinpath/compiler';
import { BpfProgram, createMaps, skbChecksumState, VerifierError } from '@twinpath/ebpf';
import { onlineCpus } from '@twinpath/linux';
import { parseConfig } from '@twinpath/runtime';
import type { FunctionFace, OwnFunctionSpec } from '@twinpath/vnf/chain';

export interface CheckedFunction {
  readonly name: string;
  readonly programs: readonly CheckedProgram[];
  readonly face: FunctionFace;
  readonly warnings: readonly (Diagnostic & { readonly text: string })[];
}

export interface CheckedProgram {
  readonly function: string;
  readonly hook: string;
  /** Slots of 8 bytes. */
  readonly instructions: number;
  readonly stackBytes: number;
  /** Missing when the kernel was not asked. */
  readonly verifier?: { readonly steps: number; readonly peakStates: number; readonly totalStates: number };
  /** Verifier and JIT. */
  readonly loadMs?: number;
}

/** Compiles a function and, with `verify`, has the kernel load its programs and lets go of them.
 *
 * @throws CompileError, also for what the verifier rejects; ConfigError */
export async function checkFunction({ name, use, config }: OwnFunctionSpec, verify: boolean): Promise<CheckedFunction> {
  const imported = await importVnf(use);
  const parsed = await parseConfig(name, imported.spec, config);
  const compiled = compileFunction(imported, { config: parsed, target: TARGET });
  const programs = verify
    ? loadAll(name, imported, compiled)
    : compiled.programs.map((program) => describe(name, program));
  const warnings = compiled.warnings.map((warning) => ({ ...warning, text: diagnosticText(warning) }));
  return { name, programs, face: { ...imported.spec, ...sends(imported) }, warnings };
}

/** A port that no packet comes from; the smallest room for rules, which the verifier does not look into. */
export const TARGET = {
  clock: 'kernel',
  cpus: onlineCpus().length,
  ports: [{ name: 'port', ifindex: 1 }],
  classifiers: new Map(),
  seed: 1,
  key: 1,
  checksumState: skbChecksumState(),
} as const;

function loadAll(name: string, imported: ImportedVnf, { programs, maps }: CompiledFunction): CheckedProgram[] {
  using made = new DisposableStack();
  const live = createMaps(maps, made);
  return programs.map((program) => {
    const began = performance.now();
    try {
      using loaded = BpfProgram.load(program.compiled.spec, { maps: live, statistics: true });
      const loadMs = Math.round(10 * (performance.now() - began)) / 10;
      const { processed = 0, peakStates = 0, totalStates = 0 } = loaded.statistics ?? {};
      return { ...describe(name, program), verifier: { steps: processed, peakStates, totalStates }, loadMs };
    } catch (error) {
      throw error instanceof VerifierError ? verifierRejection(imported, program.compiled, error) : error;
    }
  });
}

function describe(name: string, { hook, compiled }: FunctionProgram): CheckedProgram {
  const { instructions, stackBytes } = compiled.statistics;
  return { function: name, hook, instructions, stackBytes };
}
