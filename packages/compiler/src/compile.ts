// A network function, from its imported file to programs and maps that can be loaded.

import type { MapSpec } from '@twinpath/ebpf';
import { type FunctionPlan, planFunction } from '@twinpath/vnf/plan';
import { type CompiledProgram, type CompileOptions, compileProgram } from './backend/index.ts';
import { INTRINSICS } from './frontend/intrinsics/index.ts';
import { lowerFunction } from './frontend/lower-function.ts';
import type { Target } from './frontend/lowering.ts';
import type { ImportedVnf } from './frontend/modules/import-vnf.ts';
import type { Direction } from './frontend/modules/vnf-call.ts';
import type { Diagnostic } from './frontend/report/diagnostic.ts';
import type { Program } from './ir/types.ts';
import { planMaps } from './plan-maps.ts';

/** One program to make of a function. */
export type ProgramChoice = Pick<Target, 'hook' | 'origin'>;

export interface CompileFunctionOptions {
  /** As the function's schema gives it (`spec.config.parse(…)`); its values are constants of the programs. */
  readonly config?: unknown;
  /** What the programs are made for. */
  readonly target: Omit<Target, keyof ProgramChoice>;
  /** Default: XDP for packets that enter, once as they come and once for those that the slow path sends again; for a
   *  transparent function also tcx for those that leave. */
  readonly programs?: readonly ProgramChoice[];
  /** Size of the ring buffer; default 1 MiB. */
  readonly eventBytes?: number;
  readonly optimise?: CompileOptions['optimise'];
}

export interface FunctionProgram extends ProgramChoice {
  readonly direction: Direction;
  readonly compiled: CompiledProgram;
  /** Before optimisation: what the evaluator runs. */
  readonly ir: Program;
}

export interface CompiledFunction {
  readonly name: string;
  readonly plan: FunctionPlan;
  readonly programs: readonly FunctionProgram[];
  readonly maps: readonly MapSpec[];
  readonly warnings: readonly Diagnostic[];
}

/**
 * @throws CompileError for what the author wrote, with all that was found; CodeGenerationError where the program needs more
 * stack than there is.
 *
 * @example
 * const imported = await importVnf('firewall.vnf.ts');
 * const { programs, maps } = compileFunction(imported, { config, target });
 */
export function compileFunction(imported: ImportedVnf, options: CompileFunctionOptions): CompiledFunction {
  const { spec, modules, code } = imported;
  const { config, target, programs = defaultPrograms(imported), optimise, eventBytes } = options;
  const plan = planFunction(spec);
  const sources = new Map(modules.map((file) => [file, code.graph.module(file).text]));
  const backend: CompileOptions = { sources, ...(optimise !== undefined && { optimise }) };
  const warnings = new Map<string, Diagnostic>();
  const made = programs.map((choice): FunctionProgram => {
    const lowered = lowerFunction({ imported, config, plan, target: { ...target, ...choice }, intrinsics: INTRINSICS });
    // Each place once, though every program is told of it.
    for (const warning of lowered.warnings) warnings.set(JSON.stringify(warning), warning);
    const direction = choice.hook === 'tcx-egress' ? 'egress' : 'ingress';
    return { ...choice, direction, ir: lowered.program, compiled: compileProgram(lowered.program, backend) };
  });
  const { classifiers } = target;
  const maps = planMaps(plan, { classifiers, ...(eventBytes !== undefined && { eventBytes }) });
  return { name: spec.name, plan, programs: made, maps, warnings: [...warnings.values()] };
}

function defaultPrograms({ spec }: ImportedVnf): readonly ProgramChoice[] {
  const entering: readonly ProgramChoice[] = [
    { hook: 'xdp', origin: 'wire' },
    { hook: 'xdp', origin: 'retry' },
  ];
  return spec.ports.kind === 'transparent' ? [...entering, { hook: 'tcx-egress', origin: 'wire' }] : entering;
}
