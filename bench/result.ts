// What a scenario measured, in the shape that scripts rely on (interfaces): medians, spread and ratios, never a single run.
import { cpus, release } from 'node:os';

export interface Metric {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}
export interface Contender {
  readonly name: string;
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Why it could not run here; then there are no metrics. */
  readonly skipped?: string;
}
/** Taken round by round, then summarised. */
export interface Ratio {
  readonly name: string;
  readonly of: string;
  readonly over: string;
  readonly metric: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}
export interface Target {
  readonly name: string;
  readonly value: number;
  readonly bar: number;
  readonly better: 'lower' | 'higher';
  readonly holds: boolean;
}
export interface Result {
  readonly scenario: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly kernel: string; readonly node: string };
  readonly command: string;
  readonly rounds: number;
  /** False: the output of a contender was wrong, and its figures are not here. */
  readonly correct: boolean;
  readonly contenders: readonly Contender[];
  readonly ratios: readonly Ratio[];
  readonly targets: readonly Target[];
}

export function machine(): Result['machine'] {
  const [first] = cpus();
  return { cpu: first?.model ?? 'unknown', cores: cpus().length, kernel: release(), node: process.version };
}

export function summary(values: readonly number[]): {
  readonly median: number;
  readonly min: number;
  readonly max: number;
} {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

export const metric = (values: readonly number[], unit: string): Metric => ({ ...summary(values), unit });

export function ratio(
  name: string,
  metricName: string,
  of: { readonly name: string; readonly values: readonly number[] },
  over: { readonly name: string; readonly values: readonly number[] },
): Ratio {
  const rounds = of.values.map((value, round) => value / (over.values[round] ?? Number.NaN));
  return { name, of: of.name, over: over.name, metric: metricName, ...summary(rounds) };
}

export function target(name: string, value: number, bar: number, better: Target['better']): Target {
  return { name, value, bar, better, holds: better === 'lower' ? value <= bar : value >= bar };
}
