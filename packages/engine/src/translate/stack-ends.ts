import type { Flow } from '../control-flow/blocks.ts';
import { advance, type Facts } from './facts.ts';
import { bytesOf } from './memory.ts';

/** Where what a function stores to places of its stack frame begins and ends, in bytes from the top of the frame. */
export function stackEnds(
  { blocks }: Flow,
  starts: readonly Facts[],
  holdsMaps: (map: string) => boolean,
): ReadonlySet<number> {
  const ends = new Set<number>();
  for (const [number, { steps }] of blocks.entries()) {
    let facts = starts[number] ?? [];
    for (const step of steps) {
      const { instruction } = step;
      if (instruction.op === 'st' || instruction.op === 'stx') {
        const place = facts[instruction.dst];
        const start = place?.kind === 'stack' ? place.offset + instruction.off : undefined;
        if (start !== undefined) ends.add(start).add(start + bytesOf[instruction.size]);
      }
      facts = advance(facts, step, holdsMaps);
    }
  }
  return ends;
}
