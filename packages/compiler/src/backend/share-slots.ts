import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { operandsOf } from '../ir/operands.ts';
import { SlotLiveness } from '../ir/slot-liveness.ts';
import type { Instruction, Program, StackSlot, ValueType } from '../ir/types.ts';

/**
 * Lets stack slots that are never in use at the same time be one: 512 bytes are all there is. The last step on the IR:
 * afterwards regions do not tell the author's slots apart.
 */
export function shareSlots(program: Program): Program {
  if (program.slots.length < 2) return program;
  const conflicts = conflictsOf(program);
  const groups: number[][] = [];
  const bySize = [...program.slots.keys()].toSorted((a, b) => at(program.slots, b).size - at(program.slots, a).size);
  for (const slot of bySize) {
    const fits = groups.find((group) => group.every((other) => conflicts.get(slot)?.has(other) !== true));
    if (fits === undefined) groups.push([slot]);
    else fits.push(slot);
  }
  const groupOf = new Map(groups.flatMap((group, index) => group.map((slot) => [slot, index])));
  const renumber = (slot: number) => groupOf.get(slot) ?? 0;
  // Each group begins with its largest.
  const slots = groups.map((group): StackSlot => at(program.slots, at(group, 0)));
  return {
    ...program,
    slots,
    values: program.values.map((type) => renamed(type, renumber)),
    blocks: program.blocks.map((block) => ({
      ...block,
      instructions: block.instructions.map((one) => (one.op === 'stack' ? { ...one, slot: renumber(one.slot) } : one)),
    })),
  };
}

/** For each slot those that hold something while it is written or read. */
function conflictsOf(program: Program): ReadonlyMap<number, ReadonlySet<number>> {
  const graph = graphOf(program);
  const liveness = new SlotLiveness(program, graph);
  const conflicts = new Map<number, Set<number>>(program.slots.map((_, slot) => [slot, new Set()]));
  const conflict = (left: number, right: number) => {
    if (left === right) return;
    conflicts.get(left)?.add(right);
    conflicts.get(right)?.add(left);
  };
  for (const id of graph.order) {
    liveness.walk(at(program.blocks, id), (instruction, before, after) => {
      const touched = touchedBy(instruction, liveness);
      for (const slot of touched) {
        for (const other of touched) conflict(slot, other);
        for (const live of [before, after]) for (const [other, mask] of live) if (mask !== 0n) conflict(slot, other);
      }
    });
  }
  return conflicts;
}

function touchedBy(instruction: Instruction, liveness: SlotLiveness): readonly number[] {
  if (instruction.op !== 'load' && instruction.op !== 'store' && instruction.op !== 'call') return [];
  return operandsOf(instruction).flatMap((operand) => liveness.slotOf(operand) ?? []);
}

function renamed(type: ValueType, renumber: (slot: number) => number): ValueType {
  if (type.kind !== 'pointer' || !type.region.startsWith('stack ')) return type;
  return { kind: 'pointer', region: `stack ${renumber(Number(type.region.slice('stack '.length)))}` };
}
