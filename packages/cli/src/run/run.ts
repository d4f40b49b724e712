import { type ChainError, type RunningChain, startChain } from '@twinpath/runtime';
import { placed, readTarget } from '../chain-file/read-target.ts';
import { ExitStatus } from '../exit-status.ts';
import { printJson } from '../output/json.ts';
import { toldToEnd, untilTheEnd } from './ending.ts';
import { showLive } from './live-line.ts';
import { logTo } from './log.ts';
import { outliveStrays } from './outlive.ts';
import { placementText } from './placement.ts';
import { resultText, runResult } from './report.ts';

export interface RunOptions {
  readonly interface?: string;
  readonly namespace?: string;
  readonly config?: string;
  readonly mode?: 'native' | 'generic' | 'auto';
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
  await using chain = await start();
  const startedMs = performance.now() - began;
  process.stderr.write(`${await placementText(chain, startedMs)}\n\n`);
  options.onStart?.();
  if (options.seconds === undefined) process.stderr.write('Ctrl-C ends it.\n');
  const lost = await watch(chain, told, options.seconds);
  const result = runResult(chain, (performance.now() - began - startedMs) / 1_000, await chain.statistics());
  await chain.stop();
  if (options.json) printJson(result);
  else process.stdout.write(`${resultText(result)}\n`);
  if (lost !== undefined) throw lost;
  return ExitStatus.ok;

  async function start(): Promise<RunningChain> {
    try {
      return await startChain(spec, { log, runTimeStatistics: true, signal: told });
    } catch (error) {
      throw target.located(error);
    }
  }
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
