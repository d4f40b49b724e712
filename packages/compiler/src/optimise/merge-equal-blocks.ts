import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { operandsOf, resultOf, successorsOf, terminatorOperands, withTargets } from '../ir/operands.ts';
import { textOf } from '../ir/text-of.ts';
import type { Block, BlockId, Instruction, Phi, Program, Terminator, ValueId } from '../ir/types.ts';
import { useCounts } from '../ir/uses.ts';
import { removeUnreachable } from './remove-unreachable.ts';

/**
 * Keeps one of several blocks that do the same and go on to the same places, such as equal returns. Blocks with a
 * variable pointer offset stay: the facts that bound it hold on one path only.
 */
export function mergeEqualBlocks(program: Program): Program {
  const candidates = graphOf(program).order.filter((id) => id !== 0 && at(program.blocks, id).phis.length === 0);
  const replacedBy = new Map<BlockId, BlockId>();
  for (const alike of Map.groupBy(candidates, (id) => outline(at(program.blocks, id))).values()) {
    if (alike.length < 2) continue;
    const counts = useCounts(program);
    const kept = new Map<string, BlockId>();
    for (const id of alike) {
      const block = at(program.blocks, id);
      if (!isSelfContained(block, counts)) continue;
      const key = `${fingerprint(block)} | ${incoming(block, program)}`;
      const twin = kept.get(key);
      if (twin === undefined) kept.set(key, id);
      else replacedBy.set(id, twin);
    }
  }
  if (replacedBy.size === 0) return program;
  const keep = (id: BlockId) => replacedBy.get(id) ?? id;
  const blocks = program.blocks.map((block) => ({ ...block, terminator: withTargets(block.terminator, keep) }));
  return removeUnreachable({ ...program, blocks });
}

/** Whether nothing behind the block reads what it computes. */
function isSelfContained({ instructions, terminator }: Block, counts: Uint32Array): boolean {
  const reads = new Map<ValueId, number>();
  const read = (value: ValueId) => reads.set(value, (reads.get(value) ?? 0) + 1);
  for (const instruction of instructions) operandsOf(instruction).forEach(read);
  terminatorOperands(terminator).forEach(read);
  return instructions.every((instruction) => {
    const result = resultOf(instruction);
    return instruction.op !== 'offset' && (result === undefined || (reads.get(result) ?? 0) === counts[result]);
  });
}

/** What equal blocks have in common at first sight: where they go, and how many instructions they have. */
function outline({ instructions, terminator }: Block): string {
  const [first = -1, second = -1] = successorsOf(terminator);
  return `${first} ${second} ${instructions.length} ${instructions[0]?.op}`;
}

/** The block as text, its own values named by their order. */
function fingerprint({ instructions, terminator }: Block): string {
  const names = new Map<ValueId, string>();
  const local = (value: ValueId) => names.get(value) ?? `${value}`;
  const lines = instructions.map((instruction) => {
    const operands = operandsOf(instruction).map(local);
    const result = resultOf(instruction);
    if (result !== undefined) names.set(result, `local ${names.size}`);
    return `${withoutValues(instruction)} ${operands}`;
  });
  return [...lines, `${withoutValues(terminator)} ${terminatorOperands(terminator).map(local)}`].join();
}

const VALUE_KEYS = ['result', 'left', 'right', 'address', 'base', 'by', 'arguments', 'condition', 'pointer'];
const OF_CONSTANT: ReadonlySet<string> = new Set(['at', 'id', ...VALUE_KEYS]);
const OF_OTHERS: ReadonlySet<string> = new Set([...OF_CONSTANT, 'value']);

const withoutValues = (item: Instruction | Terminator): string =>
  textOf(item, item.op === 'constant' ? OF_CONSTANT : OF_OTHERS);

/** What the block brings to the phis of its successors. */
function incoming(block: Block, program: Program): string {
  const brought = ({ result, inputs }: Phi) => `${result}=${inputs.find((input) => input.block === block.id)?.value}`;
  return successorsOf(block.terminator)
    .flatMap((next) => at(program.blocks, next).phis.map(brought))
    .join();
}
