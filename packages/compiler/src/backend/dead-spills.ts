import { at } from '../ir/at.ts';
import { type MachineBlock, type MachineInstruction, type MachineProgram, machineSuccessors } from './machine.ts';

/** Drops stores to spill slots, those from `first` on, that nothing loads before the next store. */
export function removeDeadSpills(program: MachineProgram, first: number): MachineProgram {
  const { blocks } = program;
  const before: ReadonlySet<number>[] = blocks.map(() => new Set());
  const after = ({ terminator }: MachineBlock) =>
    machineSuccessors(terminator).reduce((live, next) => live.union(at(before, next)), new Set<number>());
  for (let changed = true; changed; ) {
    changed = false;
    for (let id = blocks.length - 1; id >= 0; id--) {
      const block = at(blocks, id);
      const live = walk(block, after(block), first, () => {});
      if (live.size !== at(before, id).size) changed = true;
      before[id] = live;
    }
  }
  const dead = new Set<MachineInstruction>();
  for (const block of blocks) walk(block, after(block), first, (store) => dead.add(store));
  const keep = (block: MachineBlock) => block.instructions.filter((instruction) => !dead.has(instruction));
  return { ...program, blocks: blocks.map((block) => ({ ...block, instructions: keep(block) })) };
}

function walk(
  { instructions }: MachineBlock,
  after: ReadonlySet<number>,
  first: number,
  onDead: (store: MachineInstruction) => void,
): ReadonlySet<number> {
  const live = new Set(after);
  for (const instruction of instructions.toReversed()) {
    if (instruction.op !== 'load' && instruction.op !== 'store') continue;
    if (!('slot' in instruction.base) || instruction.base.slot < first) continue;
    const { slot } = instruction.base;
    if (instruction.op === 'load') live.add(slot);
    else if (!live.delete(slot)) onDead(instruction);
  }
  return live;
}
