import { at } from '../ir/at.ts';
import { graphOfSuccessors } from '../ir/graph.ts';
import type { BlockId } from '../ir/types.ts';
import {
  type MachineBlock,
  type MachineInstruction,
  type MachineProgram,
  machineSuccessors,
  type Register,
  writesOf,
} from './machine.ts';

/** Which spill slot's value a machine register has. */
type Held = ReadonlyMap<Register, number>;

/**
 * Loads nothing from a spill slot, of those from `first` on, that a register still holds: what was stored there or loaded from there
 * before. A load that waits for its store takes four cycles longer than a move.
 */
export function keepSpills(program: MachineProgram, first: number): MachineProgram {
  const { order, predecessors } = graphOfSuccessors(
    program.blocks.map(({ terminator }) => machineSuccessors(terminator)),
  );
  const after = new Map<BlockId, Held>();
  const blocks = [...program.blocks];
  for (const id of order) {
    const held = new Map(agreed(at(predecessors, id).map((from) => after.get(from))));
    const block = at(blocks, id);
    blocks[id] = { ...block, instructions: block.instructions.flatMap((one) => kept(one, held, first)) };
    after.set(id, held);
  }
  return { ...program, blocks };
}

/** What all predecessors agree on; nothing at the head of a loop, whose body has not been seen yet. */
function agreed([one, ...others]: readonly (Held | undefined)[]): Held {
  if (one === undefined || others.includes(undefined)) return new Map();
  return new Map([...one].filter(([register, slot]) => others.every((other) => other?.get(register) === slot)));
}

function kept(
  instruction: MachineInstruction,
  held: Map<Register, number>,
  first: number,
): MachineBlock['instructions'] {
  const slot = slotOf(instruction, first);
  if (instruction.op === 'load' && slot !== undefined) {
    const { dst } = instruction;
    if (held.get(dst) === slot) return [];
    const [holder] = [...held].find(([, other]) => other === slot) ?? [];
    held.set(dst, slot);
    if (holder === undefined) return [instruction];
    return [{ op: 'move', dst, src: holder, width: 64, at: instruction.at }];
  }
  if (instruction.op === 'store' && slot !== undefined) {
    for (const [register, other] of held) if (other === slot) held.delete(register);
    if ('register' in instruction.source) held.set(instruction.source.register, slot);
    return [instruction];
  }
  const moved = instruction.op === 'move' && instruction.width === 64 ? held.get(instruction.src) : undefined;
  for (const register of writesOf(instruction)) held.delete(register);
  if (instruction.op === 'move' && moved !== undefined) held.set(instruction.dst, moved);
  return [instruction];
}

function slotOf(instruction: MachineInstruction, first: number): number | undefined {
  if (instruction.op !== 'load' && instruction.op !== 'store') return undefined;
  return 'slot' in instruction.base && instruction.base.slot >= first ? instruction.base.slot : undefined;
}
