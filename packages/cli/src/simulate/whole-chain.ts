// A chain with its slow paths, in the engine of this process.

import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { type FunctionStep, type SentFrame, type SimulatedChain, startSimulatedChain } from '@twinpath/runtime';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { type Decided, decider, type LeftFrame, type Simulated, verdictOf } from './simulated.ts';

/** Handlers that wait for nothing but each other have answered. */
const TURNS = 8;
/** For so long a packet's answer is waited for. */
const PATIENCE_MS = 200;
const LOOK_MS = 5;

export async function startWholeChain(spec: ChainSpec): Promise<Simulated> {
  return new WholeChain(await startSimulatedChain(spec, { time: 'stands' }));
}

class WholeChain implements Simulated {
  readonly #chain: SimulatedChain;

  constructor(chain: SimulatedChain) {
    this.#chain = chain;
  }

  async send(port: string, bytes: Uint8Array): Promise<Decided> {
    const answered = await this.#answered();
    const steps = this.#chain.trace(port, 'wire', bytes);
    const atOnce = this.#chain.take().map((frame) => leftFrame(frame, false));
    const step = lastOf(steps);
    const verdict = step === undefined ? 'next' : verdictOf(step.verdict);
    await this.#settle(verdict === 'slow-path' ? answered + 1 : answered);
    const later = this.#chain.take().map((frame) => leftFrame(frame, true));
    const [first] = atOnce;
    return {
      verdict,
      reason: step?.reason,
      port: verdict === 'forward' || verdict === 'bounce' ? first?.port : undefined,
      decidedBy: step === undefined ? '' : decider(step.function, step.decision),
      bytes: first?.bytes ?? bytes,
      left: [...atOnce, ...later],
    };
  }

  advance(nanoseconds: number): void {
    this.#chain.advance(nanoseconds);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#chain.stop();
  }

  async #settle(wanted: number): Promise<void> {
    for (let count = 0; count < TURNS; count++) await turn();
    const deadline = performance.now() + PATIENCE_MS;
    while ((await this.#answered()) < wanted && performance.now() < deadline) await delay(LOOK_MS);
  }

  /** Packets of which the slow paths know what becomes of them. */
  async #answered(): Promise<number> {
    const { functions } = await this.#chain.statistics();
    return functions
      .flatMap(({ slowPath }) => [...Object.values(slowPath.answered), slowPath.unanswered])
      .reduce((sum, one) => sum + one, 0);
  }
}

const leftFrame = ({ port, side, bytes }: SentFrame, bySlowPath: boolean): LeftFrame => ({
  port,
  side,
  bytes,
  bySlowPath,
});

/** What ends a packet decides, else what sends it anywhere, else the last that let it by. */
function lastOf(steps: readonly FunctionStep[]): FunctionStep | undefined {
  const ends = ({ verdict }: FunctionStep) => verdict === undefined || verdict === 'drop' || verdict === 'slowPath';
  return steps.find(ends) ?? steps.find(({ verdict }) => verdict !== 'next') ?? steps.at(-1);
}
