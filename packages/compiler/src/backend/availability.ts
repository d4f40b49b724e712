import { at } from '../ir/at.ts';
import { graphOfSuccessors } from '../ir/graph.ts';
import {
  FIRST_VIRTUAL,
  type MachineBlock,
  type MachineInstruction,
  type MachineProgram,
  machineSuccessors,
  type Register,
  readsOf,
  terminatorReads,
  writesOf,
} from './machine.ts';

/**
 * For each block the virtual registers that on every way to it were written or read after the last call: a register that
 * does not survive calls would hold its value there without a reload.
 */
export function availableIn(
  { blocks }: MachineProgram,
  liveOut: readonly ReadonlySet<Register>[],
): readonly ReadonlySet<Register>[] {
  const { order, predecessors } = graphOfSuccessors(blocks.map(({ terminator }) => machineSuccessors(terminator)));
  const entering: (ReadonlySet<Register> | undefined)[] = blocks.map(() => undefined);
  const leaving: (ReadonlySet<Register> | undefined)[] = blocks.map(() => undefined);
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) {
      const known = at(predecessors, id).flatMap((from) => leaving[from] ?? []);
      const before = known.reduce<ReadonlySet<Register> | undefined>((a, b) => a?.intersection(b) ?? b, undefined);
      const now = before ?? new Set<Register>();
      if (entering[id] !== undefined && entering[id].size === now.size) continue;
      entering[id] = now;
      leaving[id] = walkAvailable(at(blocks, id), now, () => {}).intersection(at(liveOut, id));
      changed = true;
    }
  }
  return entering.map((set) => set ?? new Set());
}

type Reader = MachineInstruction | 'terminator';

/** Walks a block; `visit` is told of each reader, the registers that must be reloaded for it, and those that need not. */
export function walkAvailable(
  { instructions, terminator }: MachineBlock,
  entering: ReadonlySet<Register>,
  visit: (reader: Reader, missing: readonly Register[], available: ReadonlySet<Register>) => void,
): ReadonlySet<Register> {
  const available = new Set(entering);
  const read = (reader: Reader, registers: readonly Register[]) => {
    const missing = registers.filter((register) => register >= FIRST_VIRTUAL && !available.has(register));
    visit(reader, [...new Set(missing)], available);
    for (const register of missing) available.add(register);
  };
  for (const instruction of instructions) {
    read(instruction, readsOf(instruction));
    if (instruction.op === 'call') available.clear();
    for (const register of writesOf(instruction)) if (register >= FIRST_VIRTUAL) available.add(register);
  }
  read('terminator', terminatorReads(terminator));
  return available;
}
