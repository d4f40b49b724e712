// The main job from the first namespace to the last: what it saw, and what is left of it.
import { type FunctionSummary, logTo, summaryOf, untilTheEnd } from '@twinpath/cli';
import { libraryFunctions } from '@twinpath/functions';
import { type ChainStatistics, type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Lab } from '@twinpath/testing/lab';
import { lineChain } from '@twinpath/vnf/chain';
import { CASES } from './cases.ts';
import { allServed, casesHold, countsHold, type Expectation, placeHolds } from './expectations.ts';
import { leftoversOf } from './leftovers.ts';
import { buildNetwork, type Network, SERVERS } from './network.ts';
import { startResolver } from './resolver.ts';
import { NAME, rules } from './rules.ts';
import { sendOnce, sendUntil, startServers } from './traffic.ts';

/** Shape of `npm start -- --json`. */
export interface MainJobResult {
  readonly where: 'kernel';
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

const CHAIN = `main-job-${process.pid}`;
const say = (text: string) => process.stderr.write(`${text}\n`);

/** @throws what went wrong in the middle; nothing is left then either, or the error says what. */
export async function runMainJob(told: AbortSignal, seconds: number): Promise<MainJobRun> {
  const lab = createLab('tp-main-job');
  const programs = new Set<number>();
  try {
    const { statistics, ...seen } = await inLab(lab, { told, seconds, programs });
    await lab[Symbol.asyncDispose]();
    return { result: { ...seen, leftovers: await leftoversOf({ lab, chain: CHAIN, programs }) }, statistics };
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    const left = await leftoversOf({ lab, chain: CHAIN, programs });
    if (left.length > 0)
      say(`Left behind: ${left.join(', ')}. \`npx twinpath down --all\` removes what is Twinpath's.`);
    throw error;
  }
}

class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly code = 'TP_INTERRUPTED';
  readonly hint = 'nothing of it is left';

  constructor() {
    super('interrupted before the first request');
  }
}

interface Task {
  readonly told: AbortSignal;
  readonly seconds: number;
  /** Receives the numbers of all programs that are loaded. */
  readonly programs: Set<number>;
}

async function inLab(lab: Lab, task: Task) {
  say('Building a network of namespaces: a client, a router in the middle, two servers …');
  const network = buildNetwork(lab);
  await startServers(network.servers);
  using _resolver = await startResolver(NAME, { v4: SERVERS.v4.shop, v6: SERVERS.v6.shop });
  if (task.told.aborted) throw new InterruptedError();
  const before = allServed('before Twinpath starts', await sendOnce(network.client, CASES));
  const watched = await withFirewall(network, task);
  const after = allServed('after Twinpath has gone', await sendOnce(network.client, CASES));
  return { ...watched, expectations: [before, ...watched.expectations, after] };
}

async function withFirewall(network: Network, { told, seconds, programs }: Task) {
  await using chain = await startFirewall(network);
  const { spec, mode } = chain;
  for (const one of (await chain.statistics()).functions) for (const { id } of one.programs) programs.add(id);
  say(`Chain ${spec.name} sits on eth0 of namespace ${chain.ports[0]?.namespace ?? ''}. Sending HTTP requests …`);
  const [began, end] = [performance.now(), new AbortController()];
  const sending = sendUntil(AbortSignal.any([told, end.signal]), network.client, CASES);
  await Promise.race([untilTheEnd(told, seconds), sending]);
  end.abort();
  const tallies = await sending;
  const statistics = await chain.statistics();
  const hook = hookText(mode, statistics);
  const counts = statistics.functions.flatMap((one) => countsHold(tallies, one));
  return {
    where: 'kernel' as const,
    hook,
    seconds: Math.round(performance.now() - began) / 1_000,
    expectations: [placeHolds(hook), ...casesHold(tallies), ...counts],
    functions: statistics.functions.map(summaryOf),
    statistics,
  };
}

function startFirewall({ middle }: Network): Promise<RunningChain> {
  const firewall = libraryFunctions().get('firewall');
  if (firewall === undefined) throw new Error('the library has no firewall');
  say(`Compiling ${firewall} …`);
  const functions = [{ name: 'firewall', use: firewall, config: { rules: rules(new Date()) } }];
  const port = { interface: 'eth0', namespace: middle.namespace, mode: 'native' } as const;
  return startChain(lineChain(CHAIN, port, functions), { log: logTo(process.stderr), runTimeStatistics: true });
}

/** Where packets meet programs; those for packets that are sent again are attached nowhere. */
function hookText(mode: string, { functions }: ChainStatistics): string {
  const hooks = new Set(functions.flatMap(({ programs }) => programs.map(({ hook }) => hook)));
  const texts = { xdp: `xdp (${mode})`, 'tcx-egress': 'tcx egress' };
  return Object.entries(texts)
    .flatMap(([hook, text]) => (hooks.has(hook) ? [text] : []))
    .join(', ');
}
