import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import type { Block, BlockId, Program, ValueId, ValueType } from '../ir/types.ts';
import { substitute } from '../optimise/substitute.ts';

/** A program in which every `in-packet` has a value with the packet's end to compare with. */
export interface WithPacketEnds {
  readonly program: Program;
  /** By the block that checks. */
  readonly ends: ReadonlyMap<BlockId, ValueId>;
}

const PACKET_END: ValueType = { kind: 'pointer', region: 'packet-end' };

/** Loads each epoch's end once, where its start is loaded, and again only in checks which that place does not reach. */
export function providePacketEnds(program: Program): WithPacketEnds {
  const graph = graphOf(program);
  const values = [...program.values];
  const blocks: Block[] = [...program.blocks];
  const known: { readonly epoch: number; readonly block: BlockId; readonly end: ValueId }[] = [];
  const ends = new Map<BlockId, ValueId>();
  const replacements = new Map<ValueId, ValueId>();
  const load = (id: BlockId, index: number, epoch: number): ValueId => {
    const end = values.push(PACKET_END) - 1;
    const block = at(blocks, id);
    const instruction = { op: 'packet-end', epoch, result: end } as const;
    blocks[id] = { ...block, instructions: block.instructions.toSpliced(index, 0, instruction) };
    known.push({ epoch, block: id, end });
    return end;
  };
  const checked = new Set(program.blocks.flatMap(({ terminator: t }) => (t.op === 'in-packet' ? [t.epoch] : [])));
  for (const id of graph.order) {
    const { instructions, terminator } = at(program.blocks, id);
    const find = (epoch: number) => known.find((one) => one.epoch === epoch && graph.dominates(one.block, id))?.end;
    for (const instruction of instructions) {
      if (instruction.op !== 'packet-end') continue;
      const same = find(instruction.epoch);
      if (same !== undefined) replacements.set(instruction.result, same);
      else known.push({ epoch: instruction.epoch, block: id, end: instruction.result });
    }
    for (const instruction of instructions) {
      if (instruction.op !== 'packet-start' || !checked.has(instruction.epoch)) continue;
      const index = at(blocks, id).instructions.indexOf(instruction);
      if (find(instruction.epoch) === undefined) load(id, index + 1, instruction.epoch);
    }
    if (terminator.op !== 'in-packet') continue;
    const end = find(terminator.epoch) ?? load(id, at(blocks, id).instructions.length, terminator.epoch);
    ends.set(id, end);
  }
  return { program: substitute({ ...program, values, blocks }, replacements), ends };
}
