// What a function has asked of the kernel's own socket buffer (whether its checksum is finished: intrinsics/rewrite/partial.ts), the next
// one knows. It stays as it is until a helper changes the buffer.
import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { movesPacket } from '../ir/packet-moving.ts';
import type { BlockId, Instruction, Program, ValueId } from '../ir/types.ts';
import { type Definitions, instructionsByResult } from '../ir/uses.ts';
import { regionOf } from '../optimise/aliasing.ts';

type Call = Extract<Instruction, { op: 'call' }>;
/** By a probe's operands: the byte that it read. */
type Answers = ReadonlyMap<string, ValueId>;

export function mergeProbes(program: Program): Program {
  const { order, predecessors } = graphOf(program);
  const definitions = instructionsByResult(program);
  const after = new Map<BlockId, Answers>();
  let changed = false;
  const blocks = [...program.blocks];
  for (const id of order) {
    const block = at(blocks, id);
    const answers = new Map(agreed(at(predecessors, id).map((from) => after.get(from))));
    after.set(id, answers);
    if (!block.instructions.some(({ op }) => op === 'call')) continue;
    const instructions = block.instructions.flatMap((one, index): readonly Instruction[] => {
      if (one.op !== 'call') return [one];
      if (movesPacket(one.helper) || one.subprogram !== undefined) answers.clear();
      const probed = probedBy(program, definitions, one);
      if (probed === undefined) return [one];
      const known = answers.get(probed.text);
      if (known === undefined) {
        const answer = answerOf(block.instructions, index, probed.into);
        if (answer !== undefined) answers.set(probed.text, answer);
        return [one];
      }
      changed = true;
      return [
        { op: 'store', address: probed.into, offset: 0, width: 8, value: known },
        { op: 'constant', value: 0n, result: one.result },
      ];
    });
    blocks[id] = { ...block, instructions };
  }
  return changed ? { ...program, blocks } : program;
}

/** On all ways; nothing at the head of a loop, whose body has not been seen yet. */
function agreed([first, ...others]: readonly (Answers | undefined)[]): readonly (readonly [string, ValueId])[] {
  if (first === undefined || others.includes(undefined)) return [];
  return [...first].filter(([text, answer]) => others.every((other) => other?.get(text) === answer));
}

/** A single byte of what the context stands for. */
function probedBy(
  program: Program,
  definitions: Definitions,
  { helper, arguments: values }: Call,
): { readonly into: ValueId; readonly text: string } | undefined {
  const [into, size = -1, from = -1] = values;
  if (helper !== 'probe_read_kernel' || into === undefined || regionOf(program, from) !== 'context') return undefined;
  const bytes = definitions[size];
  return bytes?.op === 'constant' && bytes.value === 1n ? { into, text: values.join() } : undefined;
}

/** The first load of what the probe wrote. */
function answerOf(instructions: readonly Instruction[], index: number, into: ValueId): ValueId | undefined {
  const next = instructions.slice(index + 1).find((one) => 'address' in one && one.address === into);
  return next?.op === 'load' && next.offset === 0 && next.width === 8 ? next.result : undefined;
}
