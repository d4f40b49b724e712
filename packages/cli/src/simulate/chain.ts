// The functions of a chain one behind the other: each sees what the one before it lets by.
import { importVnf } from '@twinpath/compiler';
import { parseConfig } from '@twinpath/runtime';
import { type SimulationExecutor, startSimulation } from '@twinpath/testing/simulation';
import type { OwnFunctionSpec } from '@twinpath/vnf/chain';
import { ownFunctions, type Target } from '../chain-file/read-target.ts';
import { type Decided, decide, type Stage } from './decide.ts';

export interface SimulatedChain extends Disposable {
  /** `n`: what errors call the packet. */
  send(bytes: Uint8Array, n: number): Decided;
  /** Lets nanoseconds pass. */
  advance(nanoseconds: number): void;
}

/** @throws CompileError, FileError for a configuration that is wrong */
export async function startChain(target: Target, executor: SimulationExecutor): Promise<SimulatedChain> {
  using started = new DisposableStack();
  const stages: Stage[] = [];
  try {
    for (const one of ownFunctions(target)) {
      const stage = await startStage(one, executor);
      started.use(stage.simulation);
      stages.push(stage);
    }
  } catch (error) {
    throw target.located(error);
  }
  const [first, ...others] = stages;
  if (first === undefined) throw new Error('a chain has a function');
  const all = started.move();
  return {
    send: (bytes, n) =>
      others.reduce(
        (decided, stage) => (decided.verdict === 'next' ? decide(stage, decided.bytes, n) : decided),
        decide(first, bytes, n),
      ),
    advance(nanoseconds) {
      for (const { simulation } of stages) simulation.advance(nanoseconds);
    },
    [Symbol.dispose]: () => all.dispose(),
  };
}

async function startStage({ name, use, config }: OwnFunctionSpec, executor: SimulationExecutor): Promise<Stage> {
  const imported = await importVnf(use);
  // Under its name in the chain, by which errors find their place in the file.
  await parseConfig(name, imported.spec, config);
  return { name, simulation: await startSimulation(imported, { executor, config }) };
}
