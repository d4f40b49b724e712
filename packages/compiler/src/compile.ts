// A network function, from its imported file to programs and maps that can be loaded.

import type { MapSpec } from '@twinpath/ebpf';
import { type FunctionPlan, overrideReasons, planFunction, type ReasonOverrides } from '@twinpath/vnf/plan';
import { canHaveFront } from './abi/front.ts';
import { compileOnce } from './artefact/program-cache.ts';
import type { CompiledProgram, CompileOptions } from './backend/index.ts';
import { directionOf } from './frontend/direction.ts';
import { INTRINSICS } from './frontend/intrinsics/index.ts';
import { lowerFunction } from './frontend/lower-function.ts';
import type { Target } from './frontend/lowering.ts';
import { mapNeeds } from './frontend/modules/function-code.ts';
import type { ImportedVnf } from './frontend/modules/import-vnf.ts';
import type { Direction } from './frontend/modules/vnf-call.ts';
import type { Diagnostic } from './frontend/report/diagnostic.ts';
import { noteWrites } from './fuse/index.ts';
import type { Program } from './ir/types.ts';
import { planMaps } from './plan-maps.ts';
import { writtenTables } from './specialise/written-tables.ts';

/** One program to make of a function. */
export type ProgramChoice = Pick<
  Target,
  'hook' | 'direction' | 'position' | 'next' | 'back' | 'out' | 'exits' | 'flood' | 'routed' | 'entry'
>;

export interface CompileFunctionOptions {
  /** As the function's schema gives it (`spec.config.parse(…)`); its values are constants of the programs. */
  readonly config?: unknown;
  /** What the programs are made for. */
  readonly target: Omit<Target, keyof ProgramChoice | 'specialise'>;
  /** Default: XDP for packets that enter, and tcx for those that leave,
   *  if the function has a fast path for them. */
  readonly programs?: readonly ProgramChoice[];
  /** Size of the ring buffer; default 1 MiB. */
  readonly eventBytes?: number;
  readonly optimise?: CompileOptions['optimise'];
  /** Programs say when they have written to a table (`STATE.writes`); default: they do not. */
  readonly notesWrites?: boolean;
  /** Lookups look in front of tables first, where none of the programs writes to entries in place: all that share the tables have to be
   *  made together. Default: they do not. */
  readonly specialise?: boolean;
  /** What reasons say in place of what the function declares. */
  readonly reasons?: ReasonOverrides;
}

/** One program, not yet made for the kernel. */
export interface LoweredProgram extends ProgramChoice {
  readonly direction: Direction;
  /** Before optimisation: what the evaluator runs. */
  readonly ir: Program;
  /** Paths of tables to whose entries it writes in place: nothing may stand in front of those. */
  readonly writes: readonly string[];
  /** Maps of which a fused program may remember what lookups said, as far as this program is concerned: it notes what it writes. */
  readonly remembers: readonly string[];
}

export interface LoweredFunction {
  readonly name: string;
  readonly plan: FunctionPlan;
  readonly programs: readonly LoweredProgram[];
  readonly maps: readonly MapSpec[];
  readonly warnings: readonly Diagnostic[];
}

export interface FunctionProgram extends LoweredProgram {
  readonly compiled: CompiledProgram;
}

export interface CompiledFunction extends LoweredFunction {
  readonly programs: readonly FunctionProgram[];
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
  const { modules, code } = imported;
  const { optimise } = options;
  const lowered = lowerPrograms(imported, options);
  const sources = new Map(modules.map((file) => [file, code.graph.module(file).text]));
  const backend: CompileOptions = { sources, ...(optimise !== undefined && { optimise }) };
  const programs = lowered.programs.map((program) => ({ ...program, compiled: compileOnce(program.ir, backend) }));
  return { ...lowered, programs };
}

/** The first half, for those who evaluate: no code for the kernel. @throws CompileError */
export function lowerPrograms(imported: ImportedVnf, options: CompileFunctionOptions): LoweredFunction {
  const { spec } = imported;
  const specialise = options.specialise ? specialisable(imported, options) : [];
  const target: Omit<Target, keyof ProgramChoice> = { ...options.target, specialise };
  const { config, programs = defaultPrograms(imported), eventBytes, notesWrites = false, reasons = {} } = options;
  const plan = overrideReasons(planFunction(spec), reasons);
  const warnings = new Map<string, Diagnostic>();
  const tables = new Set(tableMaps(plan));
  const made = programs.map((choice): LoweredProgram => {
    const lowered = lowerFunction({ imported, config, plan, target: { ...target, ...choice }, intrinsics: INTRINSICS });
    // Each place once, though every program is told of it.
    for (const warning of lowered.warnings) warnings.set(JSON.stringify(warning), warning);
    const writes = [...writtenTables(lowered.program, plan)];
    const ir = notesWrites ? noteWrites(lowered.program, tables) : lowered.program;
    const remembers = notesWrites ? tableMaps(plan, (path) => !writes.includes(path)) : [];
    return { ...choice, direction: directionOf(choice), ir, writes, remembers };
  });
  const { classifiers, cpus, cpuNumbers = cpus } = target;
  const maps = planMaps(plan, {
    classifiers,
    specialise,
    cpus: cpuNumbers,
    ...mapNeeds(imported),
    ...(eventBytes !== undefined && { eventBytes }),
  });
  return { name: spec.name, plan, programs: made, maps, warnings: [...warnings.values()] };
}

/** By name, of tables whose entries programs look up one by one. */
const tableMaps = ({ tables }: FunctionPlan, wanted = (_path: string) => true): readonly string[] =>
  tables.flatMap(({ kind, path, maps }) =>
    kind === 'classifier' || !wanted(path) ? [] : maps.map(({ name }) => name),
  );

/** Paths of tables that can have a front: none of these programs writes to their entries in place. */
function specialisable(imported: ImportedVnf, options: CompileFunctionOptions): readonly string[] {
  const { plan, programs } = lowerPrograms(imported, { ...options, specialise: false });
  const written = new Set(programs.flatMap(({ writes }) => writes));
  return plan.tables.filter((table) => canHaveFront(table) && !written.has(table.path)).map(({ path }) => path);
}

/** What enters the host meets XDP, what leaves it tcx: a function with one fast path sees what enters. */
function defaultPrograms({ spec }: ImportedVnf): readonly ProgramChoice[] {
  return spec.fastPath === 'one' ? [{ hook: 'xdp' }] : [{ hook: 'xdp' }, { hook: 'tcx-egress' }];
}
