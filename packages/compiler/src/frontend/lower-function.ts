// One direction of a network function, from its source to IR.

import { type FunctionPlan, planFunction } from '@twinpath/vnf/plan';
import { ProgramBuilder } from '../ir/builder.ts';
import type { Program } from '../ir/types.ts';
import { Core } from './core/core.ts';
import { describe } from './core/describe.ts';
import { knownValue, Names } from './core/names.ts';
import { Subprograms, type Wanted } from './core/subprograms.ts';
import { directionOf } from './direction.ts';
import { callLongLoops } from './long-loops/call-long-loops.ts';
import type { Intrinsics, Target } from './lowering.ts';
import type { ImportedVnf } from './modules/import-vnf.ts';
import type { Outcome, Path, Site } from './path.ts';
import { CompileError } from './report/compile-error.ts';
import { type Diagnostic, positionOf } from './report/diagnostic.ts';
import { Report } from './report/report.ts';
import type { FunctionNode } from './syntax/function.ts';
import type { Value } from './value.ts';

export interface LowerOptions {
  readonly imported: ImportedVnf;
  /** As the function's schema gives it: its values are constants of the program. */
  readonly config: unknown;
  readonly target: Target;
  readonly intrinsics: Intrinsics;
  /** Default: the spec's own. */
  readonly plan?: FunctionPlan;
}

export interface Lowered {
  readonly program: Program;
  readonly warnings: readonly Diagnostic[];
}

/** @throws CompileError with all that was found */
export function lowerFunction(options: LowerOptions): Lowered {
  const { imported, target, intrinsics, plan = planFunction(options.imported.spec) } = options;
  const { code, spec } = imported;
  const direction = directionOf(target);
  const fastPath = code.call.fastPaths[direction];
  const names = new Names(code, plan, intrinsics);
  const attempt = (wanted: Wanted): Lowered & { readonly worthwhile: Wanted } => {
    const builder = new ProgramBuilder(`${spec.name} ${direction}`, target.hook);
    const report = new Report((file) => code.graph.module(file));
    const subprograms = new Subprograms(wanted);
    const core = new Core({ builder, target, plan, intrinsics, names, report, subprograms });
    core.recover(() => run(core, { fastPath, code, config: options.config }));
    if (report.errors.length > 0) throw new CompileError(report.errors);
    for (const program of subprograms.programs) builder.subprogram(program);
    const program = { ...callLongLoops(builder.finish()), relocated: core.relocated };
    return { program, warnings: report.warnings, worthwhile: subprograms.worthwhile() };
  };
  const { worthwhile, ...inlined } = attempt(new Map());
  if (worthwhile.size === 0) return inlined;
  const { program, warnings } = attempt(worthwhile);
  return { program, warnings };
}

interface Given {
  /** `undefined`: every packet goes up. */
  readonly fastPath: FunctionNode | undefined;
  readonly code: ImportedVnf['code'];
  readonly config: unknown;
}

function run(core: Core, { fastPath, code: { call }, config }: Given): void {
  const entry: Path = { block: core.builder.entry, scope: new Map(), ranges: new Map(), known: new Map(), epoch: 0 };
  const { file, text } = fastPath === undefined ? call.module : core.names.moduleOf(fastPath);
  const { start, end } = fastPath ?? call.place;
  const site: Site = { at: { file, ...positionOf(text, start) }, start, end };
  core.builder.at = site.at;
  const given = knownValue(config, '');
  const ends = core.intrinsics
    .begin(core, entry)
    .flatMap(({ path, value }) =>
      fastPath === undefined ? [{ path, value: handUp(core.plan) }] : core.inline(path, fastPath, [value, given], site),
    );
  // Behind an error it is not known how the fast path ends.
  if (core.hasFailed) return;
  for (const end of core.joinAt('forced', ends)) core.recover(() => finish(core, end, site));
}

/** What a function without a fast path does with every packet; `vnf()` has seen to it that there is one reason. */
function handUp({ reasons }: FunctionPlan): Value {
  return { kind: 'verdict', verdict: 'slowPath', operands: reasons.map((plan) => ({ kind: 'reason', plan })) };
}

function finish(core: Core, { path, value }: Outcome, site: Site): void {
  if (value.kind !== 'verdict') core.fail({ ...site, end: site.start + 1 }, 'TP1054', `it gives ${describe(value)}`);
  core.builder.at = site.at;
  core.intrinsics.end(core, path, value, site);
}
