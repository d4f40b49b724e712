// Counts ways in place of what is met on them. Each function of a chain counts packets, verdicts, whatever its author wants: one
// addition each, behind a search of that function's counters. What a packet adds on its way is known where the way ends, so one
// number for each way is counted there, and says as much: the runtime adds to each function's counters what a way stands for.
//
//   + packets of A, + seen of A ──► + packets of B ──► + verdict of B ──► return     becomes     ──► ──► ──► + way 3, return
import { WAY_COUNTS } from '../abi/chain.ts';
import { COUNTERS } from '../abi/state.ts';
import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { successorsOf, withTargets } from '../ir/operands.ts';
import type { Block, BlockId, Instruction, Phi, Program, Terminator, ValueId, ValueType } from '../ir/types.ts';
import { type Definitions, instructionsByResult, useCounts } from '../ir/uses.ts';
import { removeDeadCode } from '../optimise/dead-code.ts';
import { movesOn } from './sites.ts';

/** What a packet adds to a function's counters. */
export interface Addition {
  /** What the fused program calls the function's counters. */
  readonly map: string;
  /** In bytes. */
  readonly offset: number;
  readonly amount: bigint;
}

/** What one packet of a way stands for. */
export type Way = readonly Addition[];

export interface Counted {
  readonly program: Program;
  /** By their numbers: element 0 of the per-CPU array `WAY_COUNTS` holds 64 bits for each. */
  readonly ways: readonly Way[];
}

/** A per-CPU value has 32 KiB at most. */
const MOST_WAYS = 4096;

export function countWays(program: Program): Counted {
  const additions = additionsOf(program);
  if (additions.size === 0) return { program, ways: [] };
  const sinking = new Sinking(program, additions);
  const counted = sinking.run();
  if (sinking.ways.length > MOST_WAYS) return { program, ways: [] };
  return { program: forgetCounters(counted, additions), ways: sinking.ways };
}

/** Stores that do nothing but add a constant to a counter. */
function additionsOf(program: Program): ReadonlyMap<Instruction, Addition> {
  const definitions = instructionsByResult(program);
  const counts = useCounts(program);
  const found = new Map<Instruction, Addition>();
  const once = (value: ValueId) => counts[value] === 1;
  for (const { instructions } of program.blocks) {
    for (const [index, one] of instructions.entries()) {
      if (one.op !== 'store' || one.width !== 64) continue;
      const map = countersOf(definitions, one.address);
      const sum = definitions[one.value];
      if (map === undefined || sum?.op !== 'alu' || sum.operation !== 'add' || !once(one.value)) continue;
      const [before, amount] = [definitions[sum.left], definitions[sum.right]];
      if (before?.op !== 'load' || amount?.op !== 'constant' || !once(sum.left)) continue;
      if (before.address !== one.address || before.offset !== one.offset || before.width !== 64) continue;
      // Nothing was stored there since it was read.
      const between = instructions.slice(0, index).toReversed();
      const read = between.indexOf(before);
      const isSame = (other: Instruction) =>
        other.op === 'store' && other.address === one.address && other.offset === one.offset;
      if (read < 0 || between.slice(0, read).some(isSame)) continue;
      found.set(one, { map, offset: one.offset, amount: amount.value });
    }
  }
  return found;
}

/** Whose counters an address is that of, at their beginning. */
function countersOf(definitions: Definitions, address: ValueId): string | undefined {
  const found = definitions[address];
  if (found?.op !== 'call' || found.helper !== 'map_lookup_elem') return undefined;
  const map = definitions[found.arguments[0] ?? -1];
  return map?.op === 'map' && map.name.endsWith(`/${COUNTERS}`) ? map.name : undefined;
}

interface MutableBlock {
  phis: readonly Phi[];
  instructions: Instruction[];
  terminator: Terminator;
}

class Sinking {
  readonly ways: Way[] = [];
  readonly #program: Program;
  readonly #additions: ReadonlyMap<Instruction, Addition>;
  readonly #numbers = new Map<string, number>();
  readonly #blocks: MutableBlock[];
  readonly #values: ValueType[];
  readonly #slots: Program['slots'][number][];

  constructor(program: Program, additions: ReadonlyMap<Instruction, Addition>) {
    this.#program = program;
    this.#additions = additions;
    this.#blocks = program.blocks.map(({ phis, instructions, terminator }) => ({
      phis,
      instructions: [...instructions],
      terminator,
    }));
    this.#values = [...program.values];
    this.#slots = [...program.slots, { name: 'key of ways', size: 4 }];
  }

  run(): Program {
    const { order, predecessors, successors } = graphOf(this.#program);
    /** What packets have met that is not counted yet, at the end of each block; and the block where that end is by now. */
    const open = new Map<BlockId, { readonly met: Way; readonly end: BlockId }>();
    for (const id of order) {
      const before = at(predecessors, id).map((from) => open.get(from));
      const [first] = before;
      const isOne = before.every((one) => one !== undefined && textOf(one.met) === textOf(first?.met ?? []));
      if (!isOne) {
        for (const [index, from] of at(predecessors, id).entries()) {
          const one = before[index];
          if (one === undefined || one.met.length === 0) continue;
          const isOnlyWay = at(successors, from).length === 1;
          if (isOnlyWay) open.set(from, { met: [], end: this.#countAt(one.end, one.met) });
          else this.#countBetween(one.end, id, one.met);
        }
      }
      open.set(id, this.#through(id, isOne ? (first?.met ?? []) : [], id));
    }
    const blocks = this.#blocks.map((block, id): Block => ({ id, ...block }));
    return { ...this.#program, values: this.#values, slots: this.#slots, blocks };
  }

  /** A block that is come to with so much met. */
  #through(id: BlockId, met: Way, end: BlockId): { readonly met: Way; readonly end: BlockId } {
    const block = at(this.#blocks, end);
    let now = met;
    let last = end;
    const kept: Instruction[] = [];
    const whole = block.instructions;
    for (const [index, one] of whole.entries()) {
      const added = this.#additions.get(one);
      if (added !== undefined) now = [...now, added];
      else if (now.length > 0 && movesOn(one)) {
        // What is behind may never be seen.
        block.instructions = kept.splice(0);
        const rest = whole.slice(index);
        last = this.#split(end, block.instructions.length, now);
        const behind = at(this.#blocks, last);
        behind.instructions = [...rest];
        return this.#through(id, [], last);
      } else kept.push(one);
    }
    block.instructions = kept;
    if (block.terminator.op === 'return' && now.length > 0) return { met: [], end: this.#countAt(last, now) };
    return { met: now, end: last };
  }

  /** At the end of a block. Gives the block in which it ends then. */
  #countAt(id: BlockId, met: Way): BlockId {
    return this.#split(id, at(this.#blocks, id).instructions.length, met);
  }

  #countBetween(from: BlockId, to: BlockId, met: Way): void {
    const between = this.#add([], [], { op: 'jump', target: to });
    const before = at(this.#blocks, from);
    before.terminator = withTargets(before.terminator, (target) => (target === to ? between : target));
    this.#comesFrom(to, from, between);
    this.#countAt(between, met);
  }

  /** Counts a way before the instruction of this index. Gives the block in which that one is then. */
  #split(id: BlockId, index: number, met: Way): BlockId {
    const block = at(this.#blocks, id);
    const rest = this.#add([], block.instructions.slice(index), block.terminator);
    for (const next of new Set(successorsOf(block.terminator))) this.#comesFrom(next, id, rest);
    const offset = 8 * this.#numberOf(met);
    const integer = { kind: 'integer' } as const;
    const [zero, one, sum, before, isThere] = [0, 0, 0, 0, 0].map(() => this.#value(integer));
    const slot = this.#slots.length - 1;
    const key = this.#value({ kind: 'pointer', region: `stack ${slot}` });
    const map = this.#value({ kind: 'pointer', region: 'map' });
    const address = this.#value({ kind: 'pointer', region: `value ${WAY_COUNTS}` });
    if (zero === undefined || one === undefined || sum === undefined) throw new Error('values were made');
    if (before === undefined || isThere === undefined) throw new Error('values were made');
    const count = this.#add(
      [],
      [
        { op: 'constant', value: 1n, result: one },
        { op: 'load', address, offset, width: 64, result: before },
        { op: 'alu', operation: 'add', left: before, right: one, result: sum },
        { op: 'store', address, offset, width: 64, value: sum },
      ],
      { op: 'jump', target: rest },
    );
    block.instructions = [
      ...block.instructions.slice(0, index),
      { op: 'constant', value: 0n, result: zero },
      { op: 'stack', slot, result: key },
      { op: 'map', name: WAY_COUNTS, result: map },
      { op: 'store', address: key, offset: 0, width: 32, value: zero },
      { op: 'call', helper: 'map_lookup_elem', arguments: [map, key], result: address },
      { op: 'compare', relation: 'ne', left: address, right: zero, result: isThere },
    ];
    block.terminator = { op: 'branch', condition: isThere, then: count, otherwise: rest, likely: 'then' };
    return rest;
  }

  #comesFrom(id: BlockId, before: BlockId, after: BlockId): void {
    const block = at(this.#blocks, id);
    block.phis = block.phis.map(({ result, inputs }) => ({
      result,
      inputs: inputs.map((input) => (input.block === before ? { block: after, value: input.value } : input)),
    }));
  }

  #numberOf(met: Way): number {
    const text = textOf(met);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.ways.push(met) - 1;
    this.#numbers.set(text, number);
    return number;
  }

  #add(phis: readonly Phi[], instructions: Instruction[], terminator: Terminator): BlockId {
    return this.#blocks.push({ phis, instructions, terminator }) - 1;
  }

  #value(type: ValueType): ValueId {
    return this.#values.push(type) - 1;
  }
}

const textOf = (way: Way): string =>
  way
    .map(({ map, offset, amount }) => `${map} ${offset} ${amount}`)
    .sort()
    .join();

/** Counters of which nothing is left but the question whether they are there: they always are. */
function forgetCounters(program: Program, additions: ReadonlyMap<Instruction, Addition>): Program {
  const clean = removeDeadCode(program);
  const definitions = instructionsByResult(clean);
  const asked = new Map<ValueId, number>();
  const isQuestion = (one: Instruction) =>
    one.op === 'compare' &&
    definitions[one.right]?.op === 'constant' &&
    countersOf(definitions, one.left) !== undefined &&
    [...additions.values()].some(({ map }) => map === countersOf(definitions, one.left));
  for (const { instructions } of clean.blocks) {
    for (const one of instructions) {
      if (one.op === 'compare' && isQuestion(one)) asked.set(one.left, (asked.get(one.left) ?? 0) + 1);
    }
  }
  const counts = useCounts(clean);
  const forgotten = new Set([...asked].flatMap(([value, times]) => (counts[value] === times ? [value] : [])));
  const blocks = clean.blocks.map((block) => ({
    ...block,
    instructions: block.instructions.flatMap((one): readonly Instruction[] => {
      if (one.op === 'call' && forgotten.has(one.result)) return [];
      if (one.op !== 'compare' || !forgotten.has(one.left)) return [one];
      return [{ op: 'constant', value: one.relation === 'ne' ? 1n : 0n, result: one.result }];
    }),
  }));
  return removeDeadCode({ ...clean, blocks });
}
