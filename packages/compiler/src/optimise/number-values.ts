import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { operandsOf } from '../ir/operands.ts';
import type { BlockId, Instruction, Program, ValueId } from '../ir/types.ts';
import { resolver, substitute, substituteInBlock } from './substitute.ts';

/** Computes each value once in the blocks that its first computation dominates (global value numbering). */
export function numberValues(program: Program): Program {
  const { dominated } = graphOf(program);
  const replacements = new Map<ValueId, ValueId>();
  const resolve = resolver(replacements);
  const known = new Map<string, ValueId>();
  const visit = (id: BlockId): readonly string[] => {
    const own: string[] = [];
    for (const instruction of substituteInBlock(at(program.blocks, id), resolve).instructions) {
      const key = keyOf(instruction);
      if (key === undefined || instruction.op === 'store') continue;
      const same = known.get(key);
      if (same === undefined) {
        known.set(key, instruction.result);
        own.push(key);
      } else replacements.set(instruction.result, same);
    }
    return own;
  };
  inScopes(dominated, visit, (keys) => {
    for (const key of keys) known.delete(key);
  });
  if (replacements.size === 0) return program;
  const blocks = program.blocks.map((block) => ({
    ...block,
    instructions: block.instructions.filter((one) => one.op === 'store' || !replacements.has(one.result)),
  }));
  return substitute({ ...program, blocks }, replacements);
}

/** Visits the dominator tree from the entry; leaves a block when all it dominates has been visited. */
export function inScopes<T>(
  dominated: readonly (readonly BlockId[])[],
  enter: (block: BlockId) => T,
  leave: (entered: T) => void,
): void {
  const path: { readonly block: BlockId; readonly entered: T; next: number }[] = [
    { block: 0, entered: enter(0), next: 0 },
  ];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = at(dominated, top.block)[top.next++];
    if (next !== undefined) path.push({ block: next, entered: enter(next), next: 0 });
    else {
      leave(top.entered);
      path.pop();
    }
  }
}

const COMMUTATIVE: ReadonlySet<string> = new Set(['add', 'mul', 'and', 'or', 'xor', 'eq', 'ne']);

/** Equal for instructions with equal results; undefined if the result depends on more than the operands. */
function keyOf(instruction: Instruction): string | undefined {
  const operands = operandsOf(instruction);
  switch (instruction.op) {
    case 'constant':
      return `constant ${instruction.value}`;
    case 'alu':
      return `${instruction.operation} ${ordered(instruction.operation, operands)}`;
    case 'compare':
      return `${instruction.relation} ${ordered(instruction.relation, operands)}`;
    case 'truncate':
    case 'swap':
      return `${instruction.op} ${instruction.width} ${operands}`;
    case 'offset':
      return `offset ${operands}`;
    case 'packet-start':
    case 'packet-end':
      return `${instruction.op} ${instruction.epoch}`;
    case 'relocation':
      return `relocation ${instruction.width} ${instruction.name}`;
    case 'stack':
      return `stack ${instruction.slot}`;
    case 'map':
      return `map ${instruction.name}`;
    case 'map-value':
      return `map-value ${instruction.offset} ${instruction.name}`;
    default:
      return undefined;
  }
}

const ordered = (operation: string, operands: readonly ValueId[]): string =>
  (COMMUTATIVE.has(operation) ? operands.toSorted((a, b) => a - b) : operands).join();
