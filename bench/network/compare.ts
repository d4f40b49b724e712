// What scenarios on this network have in common: all stand, are measured by turns, and those that are right are judged.
import { machine, type Result } from '../result.ts';
import { type Bar, judge } from './bars.ts';
import { type Entry, type Figure, measureAll, type Subject, standAll } from './subject.ts';

interface Comparison {
  readonly scenario: string;
  readonly entries: readonly Entry[];
  readonly bars: readonly Bar[];
  /** That ratios are made of. */
  readonly main: Figure;
  /** What is told of each. */
  readonly figures: Parameters<Subject['shown']>[0];
}

interface Running {
  readonly rounds: number;
  progress(text: string): void;
}

export async function compare(given: Comparison, { rounds, progress }: Running): Promise<Result> {
  const { scenario, entries, bars, main, figures } = given;
  await using stack = new AsyncDisposableStack();
  const { subjects, skipped } = await standAll(entries, { stack, progress });
  await measureAll(subjects, { rounds, progress });
  const right = subjects.filter(({ wrongs }) => wrongs.length === 0);
  return {
    scenario,
    machine: machine(),
    command: `npm run bench -- ${scenario} --rounds ${rounds}`,
    rounds,
    correct: right.length === subjects.length,
    contenders: [...right.map((one) => one.shown(figures)), ...skipped],
    ...judge(right, main, bars),
  };
}
