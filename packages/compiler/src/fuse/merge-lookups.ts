// Of arrays of one element that every function of a chain has, the element is looked up once on a way: it never goes away.
import { COUNTERS } from '../abi/state.ts';
import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import type { Instruction, Program, ValueId } from '../ir/types.ts';
import { instructionsByResult } from '../ir/uses.ts';
import { inScopes } from '../optimise/number-values.ts';
import { substitute } from '../optimise/substitute.ts';

export function mergeLookups(program: Program): Program {
  const definitions = instructionsByResult(program);
  const known = new Map<string, ValueId>();
  const replacements = new Map<ValueId, ValueId>();
  const mapOf = (one: Instruction): string | undefined => {
    if (one.op !== 'call' || one.helper !== 'map_lookup_elem') return undefined;
    const map = definitions[one.arguments[0] ?? -1];
    return map?.op === 'map' && map.name.endsWith(`/${COUNTERS}`) ? map.name : undefined;
  };
  const enter = (id: number) => {
    const own: string[] = [];
    for (const one of at(program.blocks, id).instructions) {
      const map = mapOf(one);
      if (map === undefined || one.op === 'store') continue;
      const same = known.get(map);
      if (same === undefined) {
        known.set(map, one.result);
        own.push(map);
      } else replacements.set(one.result, same);
    }
    return own;
  };
  inScopes(graphOf(program).dominated, enter, (own) => {
    for (const map of own) known.delete(map);
  });
  if (replacements.size === 0) return program;
  const blocks = program.blocks.map((block) => ({
    ...block,
    instructions: block.instructions.filter((one) => one.op === 'store' || !replacements.has(one.result)),
  }));
  return substitute({ ...program, blocks }, replacements);
}
