import { type ChainError, type RunningChain, startChain, startEngineChain } from '@twinpath/runtime';
import type { Log } from '@twinpath/vnf';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { placed, readTargets, type Target } from '../chain-file/read-target.ts';
import { ExitStatus } from '../exit-status.ts';
import { UsageError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';
import { longLists, showWaiting } from '../output/waiting.ts';
import { toldToEnd, untilTheEnd } from './ending.ts';
import { showLive } from './live-line.ts';
import { logTo } from './log.ts';
import { outliveStrays } from './outlive.ts';
import { enginePlacementText, placementText } from './placement.ts';
import { resultText, runResult } from './report.ts';

export interface RunOptions {
  readonly interface?: string;
  readonly namespace?: string;
  readonly config?: string;
  readonly mode?: 'native' | 'generic' | 'auto';
  /** Default: as the chain's file says, which is the kernel if it says nothing. */
  readonly on?: 'kernel' | 'engine';
  /** Of the engine. */
  readonly workers?: number;
  readonly busy?: boolean;
  readonly seconds?: number;
  readonly name?: string;
  readonly json?: boolean;
  /** When packets meet it. */
  onStart?(): void;
}

/** Runs all chains of a file until it is told to end. Returns the exit status. @throws what keeps one from starting. */
export async function run(path: string, options: RunOptions): Promise<number> {
  const targets = readTargets(path, options).map((target) => ({ target, spec: placed(target) }));
  // Before anything is on the host: a signal from here on ends in order.
  const told = toldToEnd();
  const log = logTo(process.stderr);
  outliveStrays(log);
  const began = performance.now();
  const { workers, busy } = options;
  const where = targets.map(({ target }) => options.on ?? target.on);
  if ((workers !== undefined || busy) && !where.includes('engine')) {
    throw new UsageError('--workers and --busy are for the engine', 'add --on engine, or leave them out');
  }
  await using stack = new AsyncDisposableStack();
  const chains: RunningChain[] = [];
  for (const [index, { target, spec }] of targets.entries()) {
    const since = performance.now();
    const started = stack.use(await waitedFor(spec, index, start(target, spec, where[index])));
    chains.push(started.chain);
    process.stderr.write(`${await started.placement(performance.now() - since)}\n\n`);
  }
  const startedMs = performance.now() - began;
  options.onStart?.();
  if (options.seconds === undefined) process.stderr.write('Ctrl-C ends it.\n');
  const lost = await watch(chains, told, options.seconds);
  const seconds = (performance.now() - began - startedMs) / 1_000;
  const results = await Promise.all(
    chains.map(async (one, index) => runResult(one, where[index] ?? 'kernel', seconds, await one.statistics())),
  );
  await stack.disposeAsync();
  if (options.json) printJson(results.length === 1 ? results[0] : { chains: results });
  else process.stdout.write(`${results.map(resultText).join('\n\n')}\n`);
  if (lost !== undefined) throw lost;
  return ExitStatus.ok;

  async function waitedFor(spec: ChainSpec, index: number, started: Promise<Started>): Promise<Started> {
    const which = targets.length === 1 ? '' : `, ${index + 1} of ${targets.length}`;
    using _line = showWaiting(`starting ${spec.name}${which}${longLists(spec.functions)}`);
    return await started;
  }

  async function start(target: Target, spec: ChainSpec, on: Target['on'] | undefined): Promise<Started> {
    try {
      return on === 'engine' ? await startInEngine(spec, log, options) : await startInKernel(spec, log, told);
    } catch (error) {
      throw target.located(error);
    }
  }
}

interface Started extends AsyncDisposable {
  readonly chain: RunningChain;
  /** Where it sits, for people. */
  placement(startedMs: number): Promise<string>;
}

async function startInKernel(spec: ChainSpec, log: Log, signal: AbortSignal): Promise<Started> {
  const chain = await startChain(spec, { log, runTimeStatistics: true, signal });
  return {
    chain,
    placement: (startedMs) => placementText(chain, startedMs),
    [Symbol.asyncDispose]: () => chain.stop(),
  };
}

async function startInEngine(spec: ChainSpec, log: Log, { workers, busy = false }: RunOptions): Promise<Started> {
  const chain = await startEngineChain(spec, { log, poll: { busy }, ...(workers !== undefined && { workers }) });
  return {
    chain,
    placement: async (startedMs) => enginePlacementText(chain, startedMs),
    [Symbol.asyncDispose]: () => chain.stop(),
  };
}

/** Until it is told to end, or has lost what it cannot be without. */
async function watch(
  chains: readonly RunningChain[],
  told: AbortSignal,
  seconds: number | undefined,
): Promise<ChainError | undefined> {
  using _line = showLive(async () => {
    const all = await Promise.all(chains.map((one) => one.statistics()));
    return { functions: all.flatMap(({ functions }) => functions) };
  });
  const [ended, over] = [new AbortController(), () => undefined];
  const end = untilTheEnd(AbortSignal.any([told, ended.signal]), seconds);
  const lost = await Promise.race([end.then(over), ...chains.map((one) => one.lost)]);
  ended.abort();
  return lost;
}
