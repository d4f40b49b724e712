// A packet pointer is dead once a helper has moved the packet. Two rules say so: a pointer is only used in its own epoch,
// and an epoch never goes on behind a call that moves the packet.

import { operandsOf, successorsOf, terminatorOperands } from './operands.ts';
import { movesPacket } from './packet-moving.ts';
import type { Block, Instruction, Program, Terminator, ValueId } from './types.ts';

type Report = (place: string, message: string) => void;

/** `packet-start` and `packet-end` values, by what has happened on some way to this point. */
interface State {
  readonly started: ReadonlySet<ValueId>;
  /** Started before the packet moved. */
  readonly dead: ReadonlySet<ValueId>;
}

const union = (left: ReadonlySet<ValueId>, right: ReadonlySet<ValueId>): ReadonlySet<ValueId> =>
  [...right].every((value) => left.has(value)) ? left : new Set([...left, ...right]);

export class EpochRules {
  readonly #program: Program;
  readonly #report: Report;
  readonly #epochs: ReadonlyMap<ValueId, number>;
  /** The `packet-start`s from which each packet pointer may stem. */
  readonly #roots: ReadonlyMap<ValueId, ReadonlySet<ValueId>>;

  constructor(program: Program, report: Report) {
    this.#program = program;
    this.#report = report;
    this.#epochs = new Map(
      program.blocks.flatMap(({ instructions }) =>
        instructions.flatMap((one) => (isRoot(one) ? [[one.result, one.epoch] as const] : [])),
      ),
    );
    this.#roots = rootsOf(program);
  }

  check(): void {
    this.#mixed();
    const states = this.#flow();
    for (const block of this.#program.blocks) {
      const state = states.get(block.id);
      if (state !== undefined) this.#walk(block, state, this.#report);
    }
  }

  #mixed(): void {
    for (const block of this.#program.blocks) {
      for (const { result } of block.phis) this.#oneEpoch(result, `block ${block.id}`);
      const { terminator } = block;
      if (terminator.op !== 'in-packet') continue;
      const epochs = this.#epochsOf(terminator.pointer);
      if (epochs.some((epoch) => epoch !== terminator.epoch)) {
        this.#report(
          `block ${block.id}, terminator`,
          `in-packet of epoch ${terminator.epoch} on a pointer of epoch ${epochs.join(', ')}`,
        );
      }
    }
  }

  #oneEpoch(value: ValueId, place: string): void {
    const epochs = this.#epochsOf(value);
    if (epochs.length > 1) this.#report(place, `v${value} mixes pointers of epochs ${epochs.join(', ')}`);
  }

  #epochsOf(value: ValueId): readonly number[] {
    const epochs = [...(this.#roots.get(value) ?? [])].map((root) => this.#epochs.get(root) ?? -1);
    return [...new Set(epochs)].sort((a, b) => a - b);
  }

  /** States at the beginning of each reachable block. */
  #flow(): ReadonlyMap<number, State> {
    const { blocks } = this.#program;
    const states = new Map<number, State>([[0, { started: new Set(), dead: new Set() }]]);
    const work = [0];
    for (let id = work.pop(); id !== undefined; id = work.pop()) {
      const block = blocks[id];
      const state = states.get(id);
      if (block === undefined || state === undefined) continue;
      const after = this.#walk(block, state, () => undefined);
      for (const target of successorsOf(block.terminator)) {
        const known = states.get(target);
        const next =
          known === undefined
            ? after
            : { started: union(known.started, after.started), dead: union(known.dead, after.dead) };
        if (known !== undefined && next.started === known.started && next.dead === known.dead) continue;
        states.set(target, next);
        work.push(target);
      }
    }
    return states;
  }

  #walk(block: Block, before: State, report: Report): State {
    let state = before;
    block.instructions.forEach((instruction, index) => {
      const place = `block ${block.id}, instruction ${index}`;
      this.#uses(operandsOf(instruction), state, place, report);
      state = this.#step(instruction, state, place, report);
    });
    this.#uses(this.#leaving(block, block.terminator), state, `block ${block.id}, terminator`, report);
    return state;
  }

  /** What the terminator reads, and what the phis behind it read on this edge. */
  #leaving(block: Block, terminator: Terminator): readonly ValueId[] {
    const phis = successorsOf(terminator).flatMap((target) => this.#program.blocks[target]?.phis ?? []);
    const inputs = phis.flatMap((phi) =>
      phi.inputs.filter((input) => input.block === block.id).map(({ value }) => value),
    );
    return [...terminatorOperands(terminator), ...inputs];
  }

  #uses(operands: readonly ValueId[], { dead }: State, place: string, report: Report): void {
    for (const value of operands) {
      if ([...(this.#roots.get(value) ?? [])].some((root) => dead.has(root))) {
        report(place, `v${value} points into the packet as it was before a helper moved it`);
      }
    }
  }

  #step(instruction: Instruction, state: State, place: string, report: Report): State {
    if (instruction.op === 'call' && movesPacket(instruction.helper)) {
      return { started: new Set(), dead: union(state.dead, state.started) };
    }
    if (!isRoot(instruction)) return state;
    const { result, epoch } = instruction;
    if ([...state.dead].some((value) => value !== result && this.#epochs.get(value) === epoch)) {
      report(place, `epoch ${epoch} ended when a helper moved the packet; what follows needs an epoch of its own`);
    }
    const dead = new Set(state.dead);
    dead.delete(result);
    return { started: union(state.started, new Set([result])), dead };
  }
}

type Root = Extract<Instruction, { op: 'packet-start' | 'packet-end' | 'load-pointer' }> & { readonly epoch: number };

/** Where packet pointers come from. */
const isRoot = (one: Instruction): one is Root =>
  one.op === 'packet-start' || one.op === 'packet-end' || (one.op === 'load-pointer' && one.epoch !== undefined);

function rootsOf(program: Program): ReadonlyMap<ValueId, ReadonlySet<ValueId>> {
  const roots = new Map<ValueId, ReadonlySet<ValueId>>();
  const inherit = (result: ValueId, from: ValueId): boolean => {
    const old = roots.get(result) ?? new Set();
    const next = union(old, roots.get(from) ?? new Set());
    if (next !== old) roots.set(result, next);
    return next !== old;
  };
  for (const { instructions } of program.blocks) {
    for (const one of instructions) {
      if (isRoot(one)) roots.set(one.result, new Set([one.result]));
    }
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (const { phis, instructions } of program.blocks) {
      for (const phi of phis) for (const { value } of phi.inputs) changed = inherit(phi.result, value) || changed;
      for (const one of instructions) if (one.op === 'offset') changed = inherit(one.result, one.base) || changed;
    }
  }
  return roots;
}
