import { type ChainError, type RunningChain, startChain, startEngineChain } from '@twinpath/runtime';
import type { Log } from '@twinpath/vnf';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { placed, readTarget } from '../chain-file/read-target.ts';
import { ExitStatus } from '../exit-status.ts';
import { UsageError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';
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
  /** Default: the kernel. */
  readonly on?: 'kernel' | 'engine';
  /** Of the engine. */
  readonly workers?: number;
  readonly seconds?: number;
  readonly name?: string;
  readonly json?: boolean;
  /** When packets meet it. */
  onStart?(): void;
}

/** Runs a chain until it is told to end. Returns the exit status. @throws what keeps it from starting. */
export async function run(path: string, options: RunOptions): Promise<number> {
  const target = readTarget(path, options);
  const spec = placed(target);
  // Before anything is on the host: a signal from here on ends in order.
  const told = toldToEnd();
  const log = logTo(process.stderr);
  outliveStrays(log);
  const began = performance.now();
  const { on = 'kernel', workers } = options;
  if (workers !== undefined && on !== 'engine') {
    throw new UsageError('--workers is for the engine', 'add --on engine, or leave it out');
  }
  await using started = await start();
  const { chain } = started;
  const startedMs = performance.now() - began;
  process.stderr.write(`${await started.placement(startedMs)}\n\n`);
  options.onStart?.();
  if (options.seconds === undefined) process.stderr.write('Ctrl-C ends it.\n');
  const lost = await watch(chain, told, options.seconds);
  const result = runResult(chain, on, (performance.now() - began - startedMs) / 1_000, await chain.statistics());
  await chain.stop();
  if (options.json) printJson(result);
  else process.stdout.write(`${resultText(result)}\n`);
  if (lost !== undefined) throw lost;
  return ExitStatus.ok;

  async function start(): Promise<Started> {
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

async function startInEngine(spec: ChainSpec, log: Log, { workers }: RunOptions): Promise<Started> {
  const chain = await startEngineChain(spec, { log, ...(workers !== undefined && { workers }) });
  return {
    chain,
    placement: async (startedMs) => enginePlacementText(chain, startedMs),
    [Symbol.asyncDispose]: () => chain.stop(),
  };
}

/** Until it is told to end, or has lost what it cannot be without. */
async function watch(
  chain: RunningChain,
  told: AbortSignal,
  seconds: number | undefined,
): Promise<ChainError | undefined> {
  using _line = showLive(() => chain.statistics());
  const [ended, over] = [new AbortController(), () => undefined];
  const end = untilTheEnd(AbortSignal.any([told, ended.signal]), seconds);
  const lost = await Promise.race([end.then(over), chain.lost]);
  ended.abort();
  return lost;
}
