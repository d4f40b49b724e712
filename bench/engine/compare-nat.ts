// A program for each packet: in the engine, in the kernel, and compiled by gcc.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findClang } from '../fast-path/compile-c.ts';
import { type Contender, metric, type Ratio, ratio, type Target, target } from '../result.ts';
import {
  compileNat,
  isRight,
  type NatCase,
  type NatRun,
  natCases,
  runInEngine,
  runInKernel,
  runNative,
} from './nat.ts';

export interface NatResult {
  readonly correct: boolean;
  readonly contenders: readonly Contender[];
  readonly ratios: readonly Ratio[];
  readonly targets: readonly Target[];
}

/** The issue's: on hot and varied flows, hash and LPM. */
const MOST_OVER_GCC = 1.1;

export function compareNat(rounds: number): NatResult {
  const clang = findClang();
  if (clang === undefined) {
    const skipped = 'there is no clang to make eBPF of the C program';
    return { correct: true, contenders: [{ name: 'nat', metrics: {}, skipped }], ratios: [], targets: [] };
  }
  const folder = mkdtempSync(join(tmpdir(), 'tp-bench-'));
  try {
    const parts = natCases.map((one) => compareCase(clang.command, folder, one, rounds));
    return {
      correct: parts.every(({ correct }) => correct),
      contenders: parts.flatMap(({ contenders }) => contenders),
      ratios: parts.flatMap(({ ratios }) => ratios),
      targets: parts.flatMap(({ targets }) => targets),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compareCase(clang: string, folder: string, one: NatCase, rounds: number): NatResult {
  const programs = compileNat(clang, folder, one);
  const runs: { gcc: NatRun[]; engine: NatRun[]; kernel: NatRun[] } = { gcc: [], engine: [], kernel: [] };
  for (let round = 0; round < rounds; round++) {
    runs.gcc.push(runNative(programs, one));
    runs.engine.push(runInEngine(programs, one));
    runs.kernel.push(runInKernel(programs, one));
  }
  const column = (name: keyof typeof runs) => ({
    name: `${name}, ${one.name}`,
    values: runs[name].map(({ ns }) => ns),
  });
  const columns = [column('gcc'), column('engine'), column('kernel')];
  const overGcc = ratio(`${one.name}, over gcc`, 'packet', column('engine'), column('gcc'));
  return {
    correct: isRight([...runs.gcc, ...runs.engine, ...runs.kernel]),
    contenders: columns.map(({ name, values }) => ({ name, metrics: { packet: metric(values, 'ns') } })),
    ratios: [overGcc, ratio(`${one.name}, over the kernel`, 'packet', column('engine'), column('kernel'))],
    targets: [target(`${one.name}: engine over gcc -O2`, overGcc.median, MOST_OVER_GCC, 'lower')],
  };
}
