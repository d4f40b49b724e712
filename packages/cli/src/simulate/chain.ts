// A chain without a host: each packet goes from function to function as the chain's paths say.
import { importVnf } from '@twinpath/compiler';
import { isSyscallError } from '@twinpath/linux';
import { parseConfig } from '@twinpath/runtime';
import { ChainWalk, type SimulationExecutor, type WalkResult } from '@twinpath/testing/simulation';
import type { ChainSpec, OwnFunctionSpec } from '@twinpath/vnf/chain';
import { ownFunctions, type Target } from '../chain-file/read-target.ts';
import { CommandError } from '../output/command-error.ts';

/** What became of a packet, in the words of `--json`. */
export interface Decided {
  readonly verdict: 'drop' | 'next' | 'stack' | 'forward' | 'bounce' | 'slow-path' | 'aborted';
  /** Of `slow-path`. */
  readonly reason: string | undefined;
  /** Where it goes, if that is known. */
  readonly port: string | undefined;
  /** The function that gave the verdict, by its name in the chain, and what in it decided, if it says so: `firewall: rules[3]`. */
  readonly decidedBy: string;
  readonly bytes: Uint8Array;
}

export interface SimulatedChain extends Disposable {
  /** `n`: what errors call the packet. */
  send(bytes: Uint8Array, n: number): Decided;
  /** Lets nanoseconds pass. */
  advance(nanoseconds: number): void;
}

/** Packets enter by the first port. @throws CompileError, FileError for a configuration that is wrong */
export async function startChain(target: Target, executor: SimulationExecutor): Promise<SimulatedChain> {
  const spec = named(target.chain);
  const [port = ''] = Object.keys(spec.ports);
  try {
    const functions = await Promise.all(ownFunctions(target).map(imported));
    const nameOf = new Map(functions.map(({ name, nameOfDecision }) => [name, nameOfDecision]));
    const walk = await ChainWalk.start({ spec, functions }, executor);
    return {
      send: (bytes, n) => decided(send(walk, port, bytes, n), nameOf),
      advance: (nanoseconds) => walk.advance(nanoseconds),
      [Symbol.dispose]: () => walk[Symbol.dispose](),
    };
  } catch (error) {
    throw target.located(error);
  }
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

function decided(
  { verdict = 'aborted', decidedBy, decision, port, bytes }: WalkResult,
  nameOf: DecisionNames,
): Decided {
  const what = decision === undefined ? undefined : nameOf.get(decidedBy)?.(decision);
  const [name = '', operand] = verdict.split(' ');
  const shown = verdictOf(name);
  return {
    verdict: shown,
    reason: name === 'slowPath' ? operand : undefined,
    port: shown === 'forward' || shown === 'bounce' ? port : undefined,
    decidedBy: what === undefined ? decidedBy : `${decidedBy}: ${what}`,
    bytes,
  };
}

function verdictOf(name: string): Decided['verdict'] {
  switch (name) {
    case 'drop':
    case 'next':
    case 'stack':
    case 'forward':
    case 'bounce':
      return name;
    case 'flood':
      return 'forward';
    case 'slowPath':
      return 'slow-path';
    default:
      return 'aborted';
  }
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
