// Loops of many rounds become calls of bpf_loop (since 5.17): the verifier walks their body a few times, not once a round. The
// body is a subprogram; what goes around lies on the caller's stack:
//
//   0      8               8 + 8 × live-ins      …                     …
//   ┌──────┬───────────────┬─────────────────────┬─────────────────────┐
//   │ exit │ from outside  │ variables (phis)    │ needed behind it    │
//   └──────┴───────────────┴─────────────────────┴─────────────────────┘

import { at } from '../../ir/at.ts';
import { type Graph, graphOf } from '../../ir/graph.ts';
import { onesUpTo } from '../../ir/interval.ts';
import { withTargets } from '../../ir/operands.ts';
import { rangesOf } from '../../ir/ranges.ts';
import type {
  AluOperation,
  Block,
  BlockId,
  Instruction,
  Program,
  Terminator,
  ValueId,
  ValueType,
} from '../../ir/types.ts';
import { removeUnreachable } from '../../optimise/remove-unreachable.ts';
import { type LongLoop, longLoopAt, loopBody } from './long-loop.ts';

/** Loops that may go round more often are not walked by the verifier round for round. */
const MOST_WALKED = 256;
/** Larger masks are no immediates. */
const MOST_MASKED = 0x7fff_ffffn;
const INTEGER: ValueType = { kind: 'integer' };
const FRAME: ValueType = { kind: 'pointer', region: 'frame' };
const WORD = 8;

/** Loops that cannot be called stay as they are: those that hand on pointers, or need more stack than a call should. */
export function callLongLoops(program: Program): Program {
  if (program.blocks.every(({ rounds }) => rounds === undefined)) return program;
  let current = removeUnreachable(program);
  for (let header = innermost(current); header !== undefined; header = innermost(current)) {
    const loop = longLoopAt(current, header);
    current = loop === undefined ? withoutRounds(current, header) : new Calling(current, loop).run();
  }
  return { ...current, blocks: current.blocks.map(({ rounds: _, ...block }) => block) };
}

/** A long loop around no other. */
function innermost(program: Program): BlockId | undefined {
  const graph = graphOf(program);
  const long = program.blocks.filter(({ rounds = 0 }) => rounds > MOST_WALKED).map(({ id }) => id);
  return long.find((header) => {
    const body = loopBody(graph, header);
    return !long.some((other) => other !== header && body.has(other));
  });
}

const withoutRounds = (program: Program, header: BlockId): Program => ({
  ...program,
  blocks: program.blocks.map((block) => {
    if (block.id !== header) return block;
    const { rounds: _, ...rest } = block;
    return rest;
  }),
});

/** A place in the state for each value. */
class State {
  readonly #places = new Map<ValueId, number>();
  size = WORD;

  add(value: ValueId): void {
    this.#places.set(value, this.size);
    this.size += WORD;
  }

  of(value: ValueId): number {
    const place = this.#places.get(value);
    if (place === undefined) throw new Error(`v${value} has no place in the state of a loop`);
    return place;
  }
}

class Calling {
  readonly #program: Program;
  readonly #loop: LongLoop;
  readonly #graph: Graph;
  readonly #state = new State();

  constructor(program: Program, loop: LongLoop) {
    this.#program = program;
    this.#loop = loop;
    this.#graph = graphOf(program);
    for (const { value } of loop.liveIn) this.#state.add(value);
    for (const { result } of loop.phis) this.#state.add(result);
    for (const value of loop.liveOut) this.#state.add(value);
  }

  run(): Program {
    const { subprograms = [] } = this.#program;
    const callback = this.#callback(`${this.#program.name} loop ${subprograms.length}`);
    return removeUnreachable({ ...this.#caller(subprograms.length), subprograms: [...subprograms, callback] });
  }

  // The callback.

  #callback(name: string): Program {
    const { program, loop } = { program: this.#program, loop: this.#loop };
    const values = [...program.values, INTEGER, FRAME];
    const [index, state] = [values.length - 2, values.length - 1];
    const numbers = new Map(
      [loop.header, ...[...loop.body].filter((id) => id !== loop.header)].map((id, n) => [id, n + 1]),
    );
    const blocks: Block[] = [
      { id: 0, phis: [], instructions: this.#entering(values, index, state), terminator: { op: 'jump', target: 1 } },
    ];
    for (const id of numbers.keys()) blocks.push(at(program.blocks, id));
    const leave = (from: BlockId, to: BlockId): BlockId => {
      const next = this.#leaving(values, state, from, to);
      return blocks.push({ id: blocks.length, phis: [], ...next }) - 1;
    };
    for (const [old, id] of numbers) {
      const block = at(program.blocks, old);
      const target = (to: BlockId) => (to === loop.header ? leave(old, to) : (numbers.get(to) ?? leave(old, to)));
      const phis =
        old === loop.header
          ? []
          : block.phis.map(({ result, inputs }) => ({
              result,
              inputs: inputs.map((input) => ({ block: numbers.get(input.block) ?? 0, value: input.value })),
            }));
      const terminator = withTargets(block.terminator, once(target));
      blocks[id] = { id, phis, instructions: block.instructions, terminator };
    }
    const { hook, context } = program;
    const made = {
      name,
      hook,
      context,
      values,
      slots: program.slots,
      blocks,
      parameters: [index, state],
    };
    return withUsedSlots(made);
  }

  /** Everything from outside: leaves are made anew, the rest is read from the state. */
  #entering(values: ValueType[], index: ValueId, state: ValueId): readonly Instruction[] {
    const { leaves, liveIn, phis, location, header } = this.#loop;
    const ranges = rangesOf(this.#program);
    const made: Instruction[] = [...leaves];
    const number = (make: (result: ValueId) => Instruction, result = values.push(INTEGER) - 1): ValueId => {
      made.push(make(result));
      return result;
    };
    const constant = (value: bigint) => number((result) => ({ op: 'constant', value, result }));
    const alu = (operation: AluOperation, left: ValueId, right: ValueId, to?: ValueId) =>
      number((result) => ({ op: 'alu', operation, left, right, result, ...location }), to);
    const load = (value: ValueId, to?: ValueId) =>
      number(
        (result) => ({ op: 'load', address: state, offset: this.#state.of(value), width: 64, result, ...location }),
        to,
      );
    // What the verifier forgot of a number on the stack.
    const bounded = (value: ValueId, raw: () => ValueId): void => {
      const { lo, hi } = ranges.in(value, header);
      if (lo < 0n || hi > MOST_MASKED) alu('add', raw(), constant(0n), value);
      else alu('and', raw(), constant(onesUpTo(hi)), value);
    };
    for (const { value, epoch } of liveIn) {
      const place = { address: state, offset: this.#state.of(value), ...location };
      if (at(values, value).kind === 'integer') bounded(value, () => load(value));
      else made.push({ op: 'load-pointer', ...place, result: value, ...(epoch !== undefined && { epoch }) });
    }
    // The upper half of the round's number is 0, which the verifier does not know: so neither does it know what the variables
    // are in the first round, and follows not each round for itself because of what conditions ask of them.
    const low = number((result) => ({ op: 'truncate', width: 32, value: index, result, ...location }));
    const nothing = alu('sub', index, low);
    for (const { result } of phis) bounded(result, () => alu('add', load(result), nothing));
    return made;
  }

  /** Ends a round: 0 for another one, 1 for the last. */
  #leaving(
    values: ValueType[],
    state: ValueId,
    from: BlockId,
    to: BlockId,
  ): Pick<Block, 'instructions' | 'terminator'> {
    const { header, exits, phis, liveOut, definedIn, location } = this.#loop;
    const instructions: Instruction[] = [];
    const constant = (value: bigint) => {
      const result = values.push(INTEGER) - 1;
      instructions.push({ op: 'constant', value, result });
      return result;
    };
    const store = (offset: number, value: ValueId) =>
      instructions.push({ op: 'store', address: state, offset, width: 64, value, ...location });
    if (to === header) {
      for (const { result, inputs } of phis) {
        const value = inputs.find(({ block }) => block === from)?.value;
        if (value !== undefined && value !== result) store(this.#state.of(result), value);
      }
    } else {
      if (exits.length > 1) store(0, constant(BigInt(exits.findIndex((exit) => exit.from === from && exit.to === to))));
      for (const value of liveOut) {
        const block = definedIn.get(value);
        if (block !== undefined && this.#graph.dominates(block, from)) store(this.#state.of(value), value);
      }
    }
    return { instructions, terminator: { op: 'return', value: constant(to === header ? 0n : 1n) } };
  }

  // The caller.

  #caller(subprogram: number): Program {
    const { program, loop } = { program: this.#program, loop: this.#loop };
    const { location, exits, liveIn, phis, liveOut, entry } = loop;
    const values = [...program.values];
    const slot = program.slots.length;
    const slots = [...program.slots, { size: this.#state.size, name: 'state of a loop' }];
    const before: Instruction[] = [];
    const make = (to: Instruction[], type: ValueType, instruction: (result: ValueId) => Instruction): ValueId => {
      const result = values.push(type) - 1;
      to.push(instruction(result));
      return result;
    };
    const constant = (to: Instruction[], value: bigint) =>
      make(to, INTEGER, (result) => ({ op: 'constant', value, result }));
    const state = make(before, { kind: 'pointer', region: `stack ${slot}` }, (result) => ({
      op: 'stack',
      slot,
      result,
    }));
    const store = (offset: number, value: ValueId) =>
      before.push({ op: 'store', address: state, offset, width: 64, value, ...location });
    if (exits.length > 1) store(0, constant(before, BigInt(exits.length)));
    for (const { value } of liveIn) store(this.#state.of(value), value);
    for (const { result, inputs } of phis)
      store(
        this.#state.of(result),
        at(
          inputs.filter(({ block }) => block === entry).map(({ value }) => value),
          0,
        ),
      );
    for (const value of liveOut) store(this.#state.of(value), constant(before, 0n));
    const rounds = constant(before, BigInt(loop.rounds));
    make(before, INTEGER, (result) => ({
      ...{ op: 'call', helper: 'loop', subprogram, arguments: [rounds, state], result, ...location },
    }));
    for (const value of [...loop.phisOut, ...liveOut]) {
      before.push({ op: 'load', address: state, offset: this.#state.of(value), width: 64, result: value, ...location });
    }

    const blocks: Block[] = program.blocks.map((block) => ({ ...block }));
    const add = (instructions: readonly Instruction[], terminator: Terminator): BlockId =>
      blocks.push({ id: blocks.length, phis: [], instructions, terminator }) - 1;
    // Each exit has a block of its own, by which the phis behind it know it.
    const ways = exits.map(({ to }) => add([], { op: 'jump', target: to, ...location }));
    const [first = 0, ...others] = ways;
    let start = first;
    if (others.length > 0) {
      const exit = make(before, INTEGER, (result) => ({
        op: 'load',
        address: state,
        offset: 0,
        width: 64,
        result,
        ...location,
      }));
      // Without an exit it never ends: there are as many rounds as it can need.
      start = at(ways, ways.length - 1);
      for (const [index, way] of ways.slice(0, -1).entries()) {
        const test: Instruction[] = [];
        const condition = make(test, INTEGER, (result) => ({
          op: 'compare',
          relation: 'eq',
          left: exit,
          right: constant(test, BigInt(index)),
          result,
        }));
        start = add(test, { op: 'branch', condition, then: way, otherwise: start, ...location });
      }
    }
    const head = at(blocks, entry);
    blocks[entry] = {
      ...head,
      instructions: [...head.instructions, ...before],
      terminator: { op: 'jump', target: start, ...location },
    };
    for (const [index, { from, to }] of exits.entries()) {
      const block = at(blocks, to);
      const way = at(ways, index);
      const phis = block.phis.map(({ result, inputs }) => ({
        result,
        inputs: inputs.map((input) => (input.block === from ? { block: way, value: input.value } : input)),
      }));
      blocks[to] = { ...block, phis };
    }
    return { ...program, values, slots, blocks };
  }
}

/** Asks for each target once, though both sides of a branch may go there. */
function once(make: (to: BlockId) => BlockId): (to: BlockId) => BlockId {
  const known = new Map<BlockId, BlockId>();
  return (to) => {
    const made = known.get(to) ?? make(to);
    known.set(to, made);
    return made;
  };
}

function withUsedSlots(program: Program): Program {
  const used = [
    ...new Set(
      program.blocks.flatMap(({ instructions }) =>
        instructions.flatMap((one) => (one.op === 'stack' ? [one.slot] : [])),
      ),
    ),
  ];
  const renumber = (slot: number) => Math.max(0, used.indexOf(slot));
  const region = /^stack (\d+)$/;
  return {
    ...program,
    slots: used.map((slot) => at(program.slots, slot)),
    values: program.values.map((type) => {
      const slot = type.kind === 'pointer' ? region.exec(type.region)?.[1] : undefined;
      return slot === undefined ? type : { kind: 'pointer', region: `stack ${renumber(Number(slot))}` };
    }),
    blocks: program.blocks.map((block) => ({
      ...block,
      instructions: block.instructions.map((one) => (one.op === 'stack' ? { ...one, slot: renumber(one.slot) } : one)),
    })),
  };
}
