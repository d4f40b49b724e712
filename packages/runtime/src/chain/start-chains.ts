// Several chains of one process, whose functions they may share.

import { type ChainSpec, ChainSpecError, startOrder } from '@twinpath/vnf/chain';
import { STATE_ROOT } from '../host/paths.ts';
import { storedSpecs } from '../host/stored-specs.ts';
import { ChainError, refusedSpec } from './chain-error.ts';
import type { RunningChain } from './running.ts';
import { runningChains, type StartOptions, startChain } from './start-chain.ts';

/** All of them, in an order in which each finds what it shares, or none. @throws as `startChain` does. */
export async function startChains(
  specs: readonly ChainSpec[],
  options: StartOptions = {},
): Promise<readonly RunningChain[]> {
  await using stack = new AsyncDisposableStack();
  const started: RunningChain[] = [];
  for (const spec of ordered(specs)) started.push(stack.use(await startChain(spec, options)));
  stack.move();
  return started;
}

export interface RestoredChains {
  readonly chains: readonly RunningChain[];
  readonly failed: readonly { readonly chain: string; readonly error: unknown }[];
}

/**
 * Starts all chains that were wanted on this host when the last process that had them ended, however it did: with what it has left in
 * the kernel, or after a reboot from their specs and durable tables alone. One that cannot be started keeps none of the others back,
 * and stays stored.
 */
export async function restoreChains(options: StartOptions = {}): Promise<RestoredChains> {
  const chains: RunningChain[] = [];
  const failed: { readonly chain: string; readonly error: unknown }[] = [];
  const running = new Set(runningChains());
  const wanted: ChainSpec[] = [];
  for (const { chain, spec, file } of storedSpecs(options.stateDirectory ?? STATE_ROOT)) {
    if (running.has(chain)) continue;
    if (spec !== undefined) wanted.push(spec);
    else failed.push({ chain, error: unreadable(chain, file) });
  }
  for (const spec of orderedAsFarAsCanBe(wanted, (chain, error) => failed.push({ chain, error }))) {
    try {
      chains.push(await startChain(spec, options));
    } catch (error) {
      failed.push({ chain: spec.name, error });
    }
  }
  return { chains, failed };
}

function ordered(specs: readonly ChainSpec[]): readonly ChainSpec[] {
  try {
    return startOrder(specs, runningChains());
  } catch (error) {
    if (!(error instanceof ChainSpecError)) throw error;
    throw refusedSpec(error);
  }
}

/** Without those that share what nobody brings. */
function orderedAsFarAsCanBe(
  specs: readonly ChainSpec[],
  onRefused: (chain: string, error: ChainError) => void,
): readonly ChainSpec[] {
  for (let rest = specs; ; ) {
    try {
      return startOrder(rest, runningChains());
    } catch (error) {
      if (!(error instanceof ChainSpecError)) throw error;
      onRefused(error.chain, refusedSpec(error));
      rest = rest.filter(({ name }) => name !== error.chain);
    }
  }
}

function unreadable(chain: string, file: string): ChainError {
  const hint = `remove ${file}, and start the chain from its own file`;
  return new ChainError('TP_RECORD', chain, 'what was stored of it cannot be read', { hint });
}
