import { relative } from 'node:path';
import {
  type CompiledFunction,
  compileFunction,
  type FunctionProgram,
  type ImportedVnf,
  importVnf,
  verifierRejection,
} from '@twinpath/compiler';
import { createMaps, traceVerifier, VerifierError } from '@twinpath/ebpf';
import { readSingle } from '../chain-file/read-single.ts';
import { TARGET } from '../check/check-function.ts';
import { whyNotLoaded } from '../check/privileges.ts';
import { printJson } from '../output/json.ts';
import { tableText } from '../output/table.ts';
import { type LineCost, lineCosts } from './line-costs.ts';

export interface CostOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export interface ProgramCost {
  readonly hook: string;
  readonly instructions: number;
  readonly stackBytes: number;
  readonly verifierSteps: number | undefined;
  readonly lines: readonly LineCost[];
}

/** @throws CompileError, also for what the verifier rejects; ConfigError */
export async function cost(path: string, { config, json = false }: CostOptions): Promise<void> {
  const single = readSingle(path, config);
  const imported = await importVnf(single.use);
  const compiled = compileFunction(imported, { config: await single.configFor(imported.spec), target: TARGET });
  const refusal = whyNotLoaded();
  const programs = refusal === undefined ? traced(imported, compiled) : compiled.programs.map((one) => costOf(one));
  if (json) {
    printJson({ programs, ...(refusal && { notVerifiedBecause: refusal.message }) });
    return;
  }
  const tables = programs.map((program) => textOf(program, imported));
  const said = refusal === undefined ? [] : [`The verifier was not asked: ${refusal.message}.`];
  process.stdout.write(`${[...tables, ...said].join('\n\n')}\n`);
}

function traced(imported: ImportedVnf, { programs, maps }: CompiledFunction): readonly ProgramCost[] {
  using made = new DisposableStack();
  const live = createMaps(maps, made);
  return programs.map((program) => {
    try {
      return costOf(program, traceVerifier(program.compiled.spec, { maps: live }));
    } catch (error) {
      throw error instanceof VerifierError ? verifierRejection(imported, program.compiled, error) : error;
    }
  });
}

function costOf({ hook, compiled }: FunctionProgram, walked?: readonly number[]): ProgramCost {
  const { instructions, stackBytes } = compiled.statistics;
  const verifierSteps = walked?.reduce((sum, count) => sum + count, 0);
  return { hook, instructions, stackBytes, verifierSteps, lines: lineCosts(compiled, walked) };
}

function textOf({ hook, instructions, stackBytes, verifierSteps, lines }: ProgramCost, imported: ImportedVnf): string {
  const steps = verifierSteps === undefined ? '' : `, ${verifierSteps} steps of the verifier`;
  const title = `${hook}: ${instructions} instructions, ${stackBytes} bytes of stack${steps}`;
  const rows = lines.map((line) => [
    line.file === undefined ? '(no line)' : `${relative(process.cwd(), line.file)}:${line.line}`,
    line.instructions,
    line.stackBytes,
    line.verifierSteps ?? '-',
    sourceOf(line, imported),
  ]);
  return `${title}\n${tableText(['line', 'instructions', 'stack, bytes', 'verifier steps', 'source'], rows)}`;
}

const LONGEST = 80;

function sourceOf({ file, line }: LineCost, { modules, code }: ImportedVnf): string {
  if (file === undefined || !modules.includes(file)) return '';
  return (code.graph.module(file).text.split('\n')[line - 1] ?? '').trim().slice(0, LONGEST);
}
