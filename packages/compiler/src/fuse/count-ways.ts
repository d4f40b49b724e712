// Counts ways in place of what is met on them. Each function of a chain counts packets, verdicts, whatever its author wants: one
// addition each, behind a search of that function's counters. What a packet adds on its way is known where the way ends, so one
// number for each way is counted there, and says as much: the runtime adds to each function's counters what a way stands for.
//
//   + packets of A, + seen of A ──► + packets of B ──► + verdict of B ──► return     becomes     ──► ──► ──► + way 3, return
import { WAY_COUNTS } from '../abi/chain.ts';
import { COUNTERS } from '../abi/state.ts';
import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import type { BlockId, Instruction, Program, ValueId } from '../ir/types.ts';
import { type Definitions, instructionsByResult, useCounts } from '../ir/uses.ts';
import { removeDeadCode } from '../optimise/dead-code.ts';
import { Edit, Writer } from './edit.ts';
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

/** What packets have met at the end of a block that is not counted yet, and the block where that end is by now. */
interface Open {
  readonly met: Way;
  readonly end: BlockId;
}

class Sinking {
  readonly ways: Way[] = [];
  readonly #program: Program;
  readonly #edit: Edit;
  readonly #key: number;
  readonly #additions: ReadonlyMap<Instruction, Addition>;
  readonly #numbers = new Map<string, number>();

  constructor(program: Program, additions: ReadonlyMap<Instruction, Addition>) {
    this.#program = program;
    this.#additions = additions;
    this.#edit = new Edit(program);
    this.#key = this.#edit.slot('key of ways', 4);
  }

  run(): Program {
    const { order, predecessors, successors } = graphOf(this.#program);
    const open = new Map<BlockId, Open>();
    for (const id of order) {
      const before = at(predecessors, id).map((from) => open.get(from));
      const [first] = before;
      const isOne = before.every((one) => one !== undefined && textOf(one.met) === textOf(first?.met ?? []));
      if (!isOne) {
        for (const [index, from] of at(predecessors, id).entries()) {
          const one = before[index];
          if (one === undefined || one.met.length === 0) continue;
          if (at(successors, from).length === 1) open.set(from, { met: [], end: this.#countAtEnd(one.end, one.met) });
          else this.#countAtEnd(this.#edit.between(one.end, id), one.met);
        }
      }
      open.set(id, this.#through(id, isOne ? (first?.met ?? []) : []));
    }
    return this.#edit.finish();
  }

  /** A block that is come to with so much met. */
  #through(id: BlockId, met: Way): Open {
    const block = at(this.#edit.blocks, id);
    const whole = block.instructions;
    block.instructions = [];
    let now = met;
    for (const [index, one] of whole.entries()) {
      const added = this.#additions.get(one);
      if (added !== undefined) now = [...now, added];
      else if (now.length > 0 && movesOn(one)) {
        const here = block.instructions.length;
        block.instructions.push(...whole.slice(index));
        return this.#through(this.#count(id, here, now), []);
      } else block.instructions.push(one);
    }
    if (block.terminator.op === 'return' && now.length > 0) return { met: [], end: this.#countAtEnd(id, now) };
    return { met: now, end: id };
  }

  #countAtEnd(id: BlockId, met: Way): BlockId {
    return this.#count(id, at(this.#edit.blocks, id).instructions.length, met);
  }

  /** Counts a way before the instruction of this index. Gives the block in which that one is then. */
  #count(id: BlockId, index: number, met: Way): BlockId {
    const edit = this.#edit;
    const rest = edit.split(id, index);
    const block = at(edit.blocks, id);
    const asking = new Writer(edit, block.instructions);
    const zero = asking.constant(0n);
    asking.store(asking.stack(this.#key), 0, 32, zero);
    const counts = asking.lookup(WAY_COUNTS, this.#key);
    const condition = asking.compare('ne', counts, zero);
    const raise = edit.add({ op: 'jump', target: rest });
    const raising = new Writer(edit, at(edit.blocks, raise).instructions);
    const offset = 8 * this.#numberOf(met);
    raising.store(counts, offset, 64, raising.alu('add', raising.load(counts, offset, 64), raising.constant(1n)));
    block.terminator = { op: 'branch', condition, then: raise, otherwise: rest, likely: 'then' };
    return rest;
  }

  #numberOf(met: Way): number {
    const text = textOf(met);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.ways.push(met) - 1;
    this.#numbers.set(text, number);
    return number;
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
