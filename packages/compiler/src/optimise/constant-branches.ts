import { mapped } from '../ir/operands.ts';
import type { Program, Terminator } from '../ir/types.ts';
import { type Definitions, instructionsByResult } from '../ir/uses.ts';

/** Makes jumps of branches whose way is known. The edges that vanish leave phi inputs behind for `removeUnreachable`. */
export function foldConstantBranches(program: Program): Program {
  const definitions = instructionsByResult(program);
  const blocks = mapped(program.blocks, (block) => {
    const terminator = folded(block.terminator, definitions);
    return terminator === block.terminator ? block : { ...block, terminator };
  });
  return blocks === program.blocks ? program : { ...program, blocks };
}

function folded(terminator: Terminator, definitions: Definitions): Terminator {
  if (terminator.op !== 'branch' && terminator.op !== 'in-packet') return terminator;
  const { then, otherwise } = terminator;
  const jump = (target: number): Terminator =>
    terminator.at === undefined ? { op: 'jump', target } : { op: 'jump', target, at: terminator.at };
  if (then === otherwise) return jump(then);
  if (terminator.op !== 'branch') return terminator;
  const condition = definitions[terminator.condition];
  return condition?.op === 'constant' ? jump(condition.value !== 0n ? then : otherwise) : terminator;
}
