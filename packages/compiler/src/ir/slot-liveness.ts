// Which bytes of stack slots are read later.

import { at } from './at.ts';
import type { Graph } from './graph.ts';
import { operandsOf } from './operands.ts';
import type { Block, BlockId, Instruction, Program, ValueId } from './types.ts';

/** For each stack slot a mask of its bytes that are read later. */
export type LiveBytes = ReadonlyMap<number, bigint>;

/** Called for each instruction of a block, from its end. */
export type SlotVisit = (instruction: Instruction, before: LiveBytes, after: LiveBytes) => void;

export class SlotLiveness {
  readonly #program: Program;
  readonly #graph: Graph;
  /** Values that are the address of a slot's first byte. */
  readonly #bases: ReadonlySet<ValueId>;
  readonly #before = new Map<BlockId, LiveBytes>();

  constructor(program: Program, graph: Graph) {
    this.#program = program;
    this.#graph = graph;
    this.#bases = new Set(
      program.blocks.flatMap(({ instructions }) =>
        instructions.flatMap((one) => (one.op === 'stack' ? [one.result] : [])),
      ),
    );
    for (let changed = true; changed; ) {
      changed = false;
      for (const id of graph.order.toReversed()) {
        const live = this.walk(at(program.blocks, id), () => {});
        if (!sameMasks(live, this.#before.get(id))) changed = true;
        this.#before.set(id, live);
      }
    }
  }

  /** Gives what is live in front of the block. */
  walk({ id, instructions }: Block, visit: SlotVisit): LiveBytes {
    let live = union(at(this.#graph.successors, id).map((next) => this.#before.get(next) ?? new Map()));
    for (const instruction of instructions.toReversed()) {
      const before = this.#step(instruction, live);
      visit(instruction, before, live);
      live = before;
    }
    return live;
  }

  /** The slot that an address points into. */
  slotOf(pointer: ValueId): number | undefined {
    const type = at(this.#program.values, pointer);
    const region = type.kind === 'pointer' ? type.region : '';
    return region.startsWith('stack ') ? Number(region.slice('stack '.length)) : undefined;
  }

  /** Whether a store writes bytes of a slot none of which is read later. */
  isDead(instruction: Instruction, after: LiveBytes): boolean {
    if (instruction.op !== 'store') return false;
    const slot = this.slotOf(instruction.address);
    const mask = this.#mask(instruction);
    return slot !== undefined && mask !== undefined && ((after.get(slot) ?? 0n) & mask) === 0n;
  }

  #step(instruction: Instruction, after: LiveBytes): LiveBytes {
    if (instruction.op === 'store') {
      const slot = this.slotOf(instruction.address);
      const mask = this.#mask(instruction);
      const before = slot === undefined ? 0n : (after.get(slot) ?? 0n);
      if (slot === undefined || mask === undefined || (before & mask) === 0n) return after;
      return new Map(after).set(slot, before & ~mask);
    }
    const isRead = instruction.op === 'load' || instruction.op === 'call' || instruction.op === 'atomic';
    if (!isRead) return after;
    const live = new Map(after);
    for (const operand of operandsOf(instruction)) {
      const slot = this.slotOf(operand);
      if (slot === undefined) continue;
      const mask = instruction.op === 'load' ? this.#mask(instruction) : undefined;
      live.set(slot, (live.get(slot) ?? 0n) | (mask ?? ones(at(this.#program.slots, slot).size)));
    }
    return live;
  }

  /** Bytes of the slot, if the address is a constant one. */
  #mask(access: { readonly address: ValueId; readonly offset: number; readonly width: number }): bigint | undefined {
    if (!this.#bases.has(access.address) || access.offset < 0) return undefined;
    return ones(access.width / 8) << BigInt(access.offset);
  }
}

const ones = (count: number): bigint => (1n << BigInt(count)) - 1n;

function union(all: readonly LiveBytes[]): LiveBytes {
  const result = new Map<number, bigint>();
  for (const live of all) for (const [slot, mask] of live) result.set(slot, (result.get(slot) ?? 0n) | mask);
  return result;
}

function sameMasks(left: LiveBytes, right: LiveBytes | undefined): boolean {
  if (right === undefined) return false;
  const slots = new Set([...left.keys(), ...right.keys()]);
  return [...slots].every((slot) => (left.get(slot) ?? 0n) === (right.get(slot) ?? 0n));
}
