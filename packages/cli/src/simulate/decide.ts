import { isSyscallError } from '@twinpath/linux';
import type { Simulation } from '@twinpath/testing/simulation';
import { CommandError } from '../output/command-error.ts';

/** What became of a packet, in the words of `--json`. */
export interface Decided {
  readonly verdict: 'drop' | 'next' | 'stack' | 'forward' | 'bounce' | 'slow-path' | 'aborted';
  /** Of `slow-path`. */
  readonly reason: string | undefined;
  /** Where it goes, if that is known. */
  readonly port: string | undefined;
  /** The function that gave the verdict, by its name in the chain. */
  readonly decidedBy: string;
  readonly bytes: Uint8Array;
}

export interface Stage {
  readonly name: string;
  readonly simulation: Simulation;
}

/** @throws CommandError: the kernel does not take the packet */
export function decide({ name: decidedBy, simulation }: Stage, bytes: Uint8Array, n: number): Decided {
  const { verdict = 'aborted', packet } = send(simulation, bytes, n);
  const [name = '', operand] = verdict.split(' ');
  return {
    verdict: verdictOf(name),
    reason: name === 'slowPath' ? operand : undefined,
    port: name === 'bounce' ? simulation.port : name === 'forward' ? operand : undefined,
    decidedBy,
    bytes: packet,
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

function send(simulation: Simulation, bytes: Uint8Array, n: number) {
  try {
    return simulation.send(bytes);
  } catch (error) {
    if (!isSyscallError(error)) throw error;
    const hint = 'test runs of the kernel take from 14 bytes to what a page holds; use --on evaluator';
    throw new CommandError(`the kernel does not take packet ${n} of ${bytes.length} bytes: ${error.message}`, hint);
  }
}
