// Ratios of ours to others, and which of them have a bar.
import { type Ratio, type Result, ratio, target } from '../result.ts';
import type { Contender } from './contenders.ts';
import type { Layout } from './network.ts';
import type { Case, Figure, Subject } from './subject.ts';

export interface Bar {
  readonly own: Contender;
  readonly over: Contender;
  readonly figure: Figure;
  /** Name of a case. */
  readonly at: string;
  readonly layout?: Layout;
  readonly bar: number;
}

interface Compared {
  readonly own: Subject;
  readonly over: Subject;
  readonly one: Case;
  readonly figure: Figure;
  readonly bar: number | undefined;
}

/** Of ours over all others, on one layout, by `figure`; of other figures those that have a bar. */
export function judge(
  subjects: readonly Subject[],
  figure: Figure,
  bars: readonly Bar[],
): Pick<Result, 'ratios' | 'targets'> {
  const all = subjects.flatMap((own) => compared(own, subjects, figure, bars));
  const ratios = all.map((each) => ratioOf(each));
  const targets = all.flatMap((each, index) => {
    const found = ratios[index];
    if (each.bar === undefined || found === undefined) return [];
    const better = each.figure === 'p50' || each.figure === 'cpu' ? 'lower' : 'higher';
    return [target(found.name, found.median, each.bar, better)];
  });
  return { ratios, targets };
}

function compared(own: Subject, all: readonly Subject[], main: Figure, bars: readonly Bar[]): readonly Compared[] {
  const { contender, layout, cases } = own.entry;
  if (contender.isOurs !== true) return [];
  return all.flatMap((over) =>
    cases.flatMap((one) => {
      if (over === own || over.entry.layout !== layout || !over.entry.cases.includes(one)) return [];
      const held = bars.filter(
        (bar) =>
          bar.own === contender &&
          bar.over === over.entry.contender &&
          bar.at === one.name &&
          (bar.layout ?? 'inline') === layout,
      );
      const figures = new Set<Figure>([
        ...(over.entry.contender.isOurs === true ? [] : [main]),
        ...held.map((bar) => bar.figure),
      ]);
      return [...figures].map((figure) => ({
        own,
        over,
        one,
        figure,
        bar: held.find((bar) => bar.figure === figure)?.bar,
      }));
    }),
  );
}

const ratioOf = ({ own, over, one, figure }: Compared): Ratio =>
  ratio(
    `${own.name} over ${over.name}, ${one.name}: ${figure}`,
    figure,
    own.figures(one, figure),
    over.figures(one, figure),
  );
