// A chain without a host: each packet goes from function to function as the chain's paths say.
import { importVnf } from '@twinpath/compiler';
import { isSyscallError } from '@twinpath/linux';
import { parseConfig } from '@twinpath/runtime';
import { ChainWalk, type SimulationExecutor, type WalkResult } from '@twinpath/testing/simulation';
import type { ChainSpec, OwnFunctionSpec } from '@twinpath/vnf/chain';
import { ownFunctions, type Target } from '../chain-file/read-target.ts';
import { CommandError } from '../output/command-error.ts';
import { type Decided, decider, type Simulated, verdictOf } from './simulated.ts';
import { startWholeChain } from './whole-chain.ts';

/** With slow paths in the engine; elsewhere each function's fast path alone. @throws CompileError, FileError for a configuration that is
 *  wrong */
export async function startChain(target: Target, executor: SimulationExecutor): Promise<Simulated> {
  const spec = named(target.chain);
  try {
    return executor === 'engine' ? await startWholeChain(spec) : await startWalk(spec, target, executor);
  } catch (error) {
    throw target.located(error);
  }
}

async function startWalk(spec: ChainSpec, target: Target, executor: SimulationExecutor): Promise<Simulated> {
  const functions = await Promise.all(ownFunctions(target).map(imported));
  const nameOf = new Map(functions.map(({ name, nameOfDecision }) => [name, nameOfDecision]));
  const walk = await ChainWalk.start({ spec, functions }, executor);
  return {
    send: async (port, bytes, n) => decided(send(walk, port, bytes, n), nameOf),
    advance: (nanoseconds) => walk.advance(nanoseconds),
    [Symbol.asyncDispose]: async () => walk[Symbol.dispose](),
  };
}

/** Interfaces that nobody has named stand for themselves. */
function named(spec: ChainSpec): ChainSpec {
  const ports = Object.entries(spec.ports).map(
    ([name, port]) => [name, port.interface === '' ? { ...port, interface: name } : port] as const,
  );
  return { ...spec, ports: Object.fromEntries(ports) };
}

async function imported({ name, use, config }: OwnFunctionSpec) {
  const found = await importVnf(use);
  // Under its name in the chain, by which errors find their place in the file.
  const parsed = await parseConfig(name, found.spec, config);
  return {
    name,
    imported: found,
    config,
    nameOfDecision: (decision: number) => found.spec.nameOfDecision?.(decision, parsed),
  };
}

type DecisionNames = ReadonlyMap<string, (decision: number) => string | undefined>;

/** Verdicts after which the packet is still there. */
const LEAVE: ReadonlySet<Decided['verdict']> = new Set(['next', 'stack', 'forward', 'bounce']);

function decided(
  { verdict = 'aborted', decidedBy, decision, end, port, bytes }: WalkResult,
  nameOf: DecisionNames,
): Decided {
  const what = decision === undefined ? undefined : nameOf.get(decidedBy)?.(decision);
  const [name = '', operand] = verdict.split(' ');
  const shown = verdictOf(name);
  const side = end === 'host' ? 'host' : 'wire';
  return {
    verdict: shown,
    reason: name === 'slowPath' ? operand : undefined,
    port: shown === 'forward' || shown === 'bounce' ? port : undefined,
    decidedBy: decider(decidedBy, what),
    bytes,
    left: LEAVE.has(shown) ? [{ port, side, bytes, bySlowPath: false }] : [],
  };
}

/** @throws CommandError: the kernel does not take the packet */
function send(walk: ChainWalk, port: string, bytes: Uint8Array, n: number): WalkResult {
  try {
    return walk.send({ port, direction: 'ingress', bytes });
  } catch (error) {
    if (!isSyscallError(error)) throw error;
    const hint = 'test runs of the kernel take from 14 bytes to what a page holds; use --on evaluator';
    throw new CommandError(`the kernel does not take packet ${n} of ${bytes.length} bytes: ${error.message}`, hint);
  }
}
