import { compileProgram } from '../backend/index.ts';
import { printProgram } from '../ir/print.ts';
import { hex } from './experiment.ts';
import type { Shrunk } from './shrink.ts';

/** A failure as text that stands alone: what differs, the program, the packets, the code. */
export function report(seed: number, { experiment, failure }: Shrunk): string {
  const { program, packets, tableSeed, skb } = experiment;
  return [
    `${failure.kind}, ${failure.pipeline}, seed ${seed}`,
    failure.message,
    printProgram(program),
    ...packets.map((packet, index) => `packet ${index}: ${hex(packet)}`),
    `tables of seed ${tableSeed}; mark ${skb.mark} priority ${skb.priority} cb ${skb.cb.join(' ')}`,
    '',
    listing(experiment.program, failure.pipeline === 'optimised'),
  ].join('\n');
}

function listing(program: Parameters<typeof compileProgram>[0], optimise: boolean): string {
  try {
    return compileProgram(program, { optimise }).listing();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
