import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { operandsOf } from '../ir/operands.ts';
import type { Block, BlockId, Instruction, Program, ValueId } from '../ir/types.ts';
import { regionOf } from './aliasing.ts';

/** For each stack slot a mask of its bytes that are read later. */
type Live = ReadonlyMap<number, bigint>;
const ALL = (1n << 512n) - 1n;

/** Drops stores to stack bytes that nothing reads before they are stored again or the program ends. */
export function removeDeadStores(program: Program): Program {
  const graph = graphOf(program);
  const slots = new Slots(program);
  const before = new Map<BlockId, Live>();
  const after = (id: BlockId) => union(at(graph.successors, id).map((next) => before.get(next) ?? new Map()));
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of graph.order.toReversed()) {
      const live = slots.walk(at(program.blocks, id), after(id), () => {});
      if (!sameMasks(live, before.get(id))) changed = true;
      before.set(id, live);
    }
  }
  const dead = new Set<Instruction>();
  for (const id of graph.order) slots.walk(at(program.blocks, id), after(id), (store) => dead.add(store));
  if (dead.size === 0) return program;
  const blocks = program.blocks.map((block) => ({
    ...block,
    instructions: block.instructions.filter((instruction) => !dead.has(instruction)),
  }));
  return { ...program, blocks };
}

class Slots {
  readonly #program: Program;
  readonly #bases: ReadonlySet<ValueId>;

  constructor(program: Program) {
    this.#program = program;
    const stacks = program.blocks.flatMap(({ instructions }) => instructions.filter(({ op }) => op === 'stack'));
    this.#bases = new Set(stacks.flatMap((one) => (one.op === 'stack' ? [one.result] : [])));
  }

  /** What is live in front of a block, by what is live behind it. */
  walk({ instructions }: Block, after: Live, onDead: (store: Instruction) => void): Live {
    const live = new Map(after);
    for (const instruction of instructions.toReversed()) this.#step(instruction, live, onDead);
    return live;
  }

  #step(instruction: Instruction, live: Map<number, bigint>, onDead: (store: Instruction) => void): void {
    if (instruction.op === 'store') {
      const slot = this.#slotOf(instruction.address);
      const mask = this.#mask(instruction);
      if (slot === undefined || mask === undefined) return;
      const before = live.get(slot) ?? 0n;
      if ((before & mask) === 0n) onDead(instruction);
      else live.set(slot, before & ~mask);
      return;
    }
    if (instruction.op === 'load') {
      const slot = this.#slotOf(instruction.address);
      if (slot !== undefined) live.set(slot, (live.get(slot) ?? 0n) | (this.#mask(instruction) ?? ALL));
      return;
    }
    if (instruction.op !== 'call' && instruction.op !== 'atomic') return;
    for (const operand of operandsOf(instruction)) {
      const slot = this.#slotOf(operand);
      if (slot !== undefined) live.set(slot, ALL);
    }
  }

  #slotOf(pointer: ValueId): number | undefined {
    const region = regionOf(this.#program, pointer);
    return region?.startsWith('stack ') ? Number(region.slice('stack '.length)) : undefined;
  }

  /** Bytes of the slot, if the address is a constant one. */
  #mask(access: { readonly address: ValueId; readonly offset: number; readonly width: number }): bigint | undefined {
    if (!this.#bases.has(access.address) || access.offset < 0) return undefined;
    return ((1n << BigInt(access.width / 8)) - 1n) << BigInt(access.offset);
  }
}

function union(all: readonly Live[]): Live {
  const result = new Map<number, bigint>();
  for (const live of all) for (const [slot, mask] of live) result.set(slot, (result.get(slot) ?? 0n) | mask);
  return result;
}

function sameMasks(left: Live, right: Live | undefined): boolean {
  if (right === undefined) return false;
  const slots = new Set([...left.keys(), ...right.keys()]);
  return [...slots].every((slot) => (left.get(slot) ?? 0n) === (right.get(slot) ?? 0n));
}
