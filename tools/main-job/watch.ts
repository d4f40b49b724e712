// What both places of the main job have in common: the firewall, requests for a while, and what was seen of them.
import { type FunctionSummary, summaryOf, untilTheEnd } from '@twinpath/cli';
import { libraryFunctions } from '@twinpath/functions';
import type { ChainStatistics, RunningChain } from '@twinpath/runtime';
import { type ChainSpec, lineChain, type PortSpec } from '@twinpath/vnf/chain';
import { CASES } from './cases.ts';
import { casesHold, countsHold, type Expectation } from './expectations.ts';
import { rules } from './rules.ts';
import { type Request, sendUntil } from './traffic.ts';

/** Shape of `npm start -- --json`. */
export interface MainJobResult {
  readonly where: 'kernel' | 'engine';
  readonly hook: string;
  readonly seconds: number;
  readonly expectations: readonly Expectation[];
  readonly functions: readonly FunctionSummary[];
  readonly leftovers: readonly string[];
}

/** The result and, for people, what the chain counted. */
export interface MainJobRun {
  readonly result: MainJobResult;
  readonly statistics: ChainStatistics;
}

export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly code = 'TP_INTERRUPTED';
  readonly hint = 'nothing of it is left';

  constructor() {
    super('interrupted before the first request');
  }
}

export const say = (text: string) => process.stderr.write(`${text}\n`);

export function firewallOn(chain: string, port: PortSpec): ChainSpec {
  const firewall = libraryFunctions().get('firewall');
  if (firewall === undefined) throw new Error('the library has no firewall');
  say(`Compiling ${firewall} …`);
  return lineChain(chain, port, [{ name: 'firewall', use: firewall, config: { rules: rules(new Date()) } }]);
}

/** Requests for so long, or until told. */
export async function watch(
  chain: RunningChain,
  request: Request,
  { told, seconds }: { readonly told: AbortSignal; readonly seconds: number },
) {
  const [began, end] = [performance.now(), new AbortController()];
  const sending = sendUntil(AbortSignal.any([told, end.signal]), request, CASES);
  await Promise.race([untilTheEnd(told, seconds), sending]);
  end.abort();
  const tallies = await sending;
  const statistics = await chain.statistics();
  const counts = statistics.functions.flatMap((one) => countsHold(tallies, one));
  return {
    seconds: Math.round(performance.now() - began) / 1_000,
    expectations: [...casesHold(tallies), ...counts],
    functions: statistics.functions.map(summaryOf),
    statistics,
  };
}
