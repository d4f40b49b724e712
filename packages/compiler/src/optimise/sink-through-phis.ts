import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import type { Block, Instruction, Phi, Program, ValueType } from '../ir/types.ts';
import { type Definitions, instructionsByResult, useCounts } from '../ir/uses.ts';

type Conversion = Extract<Instruction, { op: 'swap' | 'truncate' }>;

/**
 * Converts once behind a phi what was converted on every way to it. Not at the head of a loop, where it would be done
 * again in every round; and only if a conversion goes away that nothing else reads.
 */
export function sinkThroughPhis(program: Program): Program {
  const graph = graphOf(program);
  const definitions = instructionsByResult(program);
  const counts = useCounts(program);
  const values: ValueType[] = [...program.values];
  let changed = false;
  const blocks = program.blocks.map((block): Block => {
    if (graph.loopHeaders.has(block.id) || at(graph.dominator, block.id) < 0) return block;
    const sunk: Instruction[] = [];
    const phis = block.phis.map((phi): Phi => {
      const conversions = conversionsOf(phi, definitions, counts);
      const [model] = conversions;
      if (model === undefined) return phi;
      const before = values.push({ kind: 'integer' }) - 1;
      sunk.push({ ...model, value: before, result: phi.result });
      changed = true;
      const inputs = phi.inputs.map((input, index) => ({ block: input.block, value: at(conversions, index).value }));
      return { result: before, inputs };
    });
    return sunk.length === 0 ? block : { ...block, phis, instructions: [...sunk, ...block.instructions] };
  });
  return changed ? { ...program, values, blocks } : program;
}

/** The same conversion for each input; none if there is not. */
function conversionsOf({ inputs }: Phi, definitions: Definitions, counts: Uint32Array): readonly Conversion[] {
  const found = inputs.flatMap(({ value }) => {
    const definition = definitions[value];
    return definition?.op === 'swap' || definition?.op === 'truncate' ? [definition] : [];
  });
  const [model] = found;
  if (model === undefined || found.length < inputs.length) return [];
  const isSame = found.every(({ op, width }) => op === model.op && width === model.width);
  return isSame && found.some(({ result }) => counts[result] === 1) ? found : [];
}
