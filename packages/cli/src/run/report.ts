// What a chain has done, as tables and as JSON.
import type { ChainStatistics, FunctionStatistics, RunningChain } from '@twinpath/runtime';
import { tableText } from '../output/table.ts';
import { interfacesOf, namespacesOf } from './placement.ts';
import { type FunctionSummary, summaryOf } from './summary.ts';

export interface RunResult {
  readonly name: string;
  /** Names, separated by commas. */
  readonly interface: string;
  /** Names, separated by commas. */
  readonly namespace?: string;
  /** What has run the fast paths. */
  readonly on: 'kernel' | 'engine';
  readonly mode: 'native' | 'generic';
  readonly seconds: number;
  readonly functions: readonly (FunctionSummary & Omit<FunctionStatistics, 'slowPath'> & Answers)[];
}

interface Answers {
  /** What the slow path did with what it was handed. */
  readonly answers: FunctionStatistics['slowPath'];
}

export function runResult(
  chain: RunningChain,
  on: RunResult['on'],
  seconds: number,
  statistics: ChainStatistics,
): RunResult {
  const { spec, mode } = chain;
  const namespace = namespacesOf(chain);
  const link = interfacesOf(chain);
  const functions = statistics.functions.map(({ slowPath, ...rest }) => ({
    ...rest,
    ...summaryOf({ ...rest, slowPath }),
    answers: slowPath,
  }));
  const where = { interface: link, ...(namespace !== undefined && { namespace }) };
  return { name: spec.name, ...where, on, mode, seconds, functions };
}

export function resultText({ on, functions }: RunResult): string {
  const summaries = functions.map(({ name, packets, fastPath, slowPath, dropped, nsPerPacket }) => [
    name,
    packets,
    fastPath,
    slowPath,
    dropped,
    nsPerPacket,
  ]);
  const header = ['function', 'packets', `in the ${on}`, 'slow path', 'dropped', 'ns/packet'];
  return [tableText(header, summaries), ...functions.flatMap(detailsOf)].join('\n\n');
}

function detailsOf({ name, verdicts, counters, reasons, tablesFull }: RunResult['functions'][number]): string[] {
  const rows = [
    ...counted('verdict', verdicts),
    ...Object.entries(reasons).flatMap(([reason, { up, overLimit, lost }]) =>
      counted('reason', { [reason]: up, [`${reason}, over limit`]: overLimit, [`${reason}, ring full`]: lost }),
    ),
    ...counted('table full', tablesFull),
    ...counted('counter', counters),
  ];
  return rows.length === 0 ? [] : [tableText([name, 'name', 'count'], rows)];
}

/** What never happened is left out. */
function counted(kind: string, values: Readonly<Record<string, number>>): (readonly [string, string, number])[] {
  return Object.entries(values).flatMap(([name, value]) => (value === 0 ? [] : [[kind, name, value] as const]));
}
