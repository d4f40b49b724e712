// Stores into the packet that a later function stores over. The packet must have them only where it leaves in between: there they are made,
// and what computes them alone.
//
//   store a ──► likely ──► store b          becomes      ────► likely ──► store b
//          └──► leaves                                    └──► store a ──► leaves
import { at } from '../ir/at.ts';
import { type Graph, graphOf } from '../ir/graph.ts';
import { operandsOf, resultOf, withOperands } from '../ir/operands.ts';
import type { BlockId, Instruction, Program, ValueId } from '../ir/types.ts';
import { type Definitions, instructionsByResult, useCounts } from '../ir/uses.ts';
import { regionOf } from '../optimise/aliasing.ts';
import { accessOf, type PacketPlaces, packetPlaces } from '../optimise/packet-places.ts';
import { Edit } from './edit.ts';
import { wayCosts } from './unravel.ts';

type Store = Extract<Instruction, { op: 'store' }>;

/** Ways on which a store is made after all; with more of them it stays where it is. */
const MOST_PLACES = 12;

/** Where a store must have been made: in front of an instruction of a block, or, without an index, on the edge to it. */
interface Place {
  readonly from: BlockId;
  readonly to: BlockId;
  readonly index?: number;
}

interface Fate {
  readonly needed: readonly Place[];
  /** What the way to the likeliest place costs where it is stored over. */
  readonly covered: number;
}

export function delayStores(program: Program): Program {
  return new Delaying(program).run();
}

class Delaying {
  readonly #program: Program;
  readonly #graph: Graph;
  readonly #definitions: Definitions;
  readonly #uses: Uint32Array;
  readonly #costs: readonly number[];
  readonly #places: PacketPlaces;

  constructor(program: Program) {
    this.#program = program;
    this.#graph = graphOf(program);
    this.#definitions = instructionsByResult(program);
    this.#uses = useCounts(program);
    this.#costs = wayCosts(program);
    this.#places = packetPlaces(program);
  }

  run(): Program {
    const delayed = new Map<Store, readonly Place[]>();
    for (const block of this.#graph.order) {
      if (at(this.#graph.loopDepth, block) > 0) continue;
      for (const [index, one] of at(this.#program.blocks, block).instructions.entries()) {
        if (one.op !== 'store' || regionOf(this.#program, one.address) !== 'packet') continue;
        const { needed, covered } = this.#fateOf(one, block, index + 1);
        const isLikely = needed.every(({ to }) => at(this.#costs, to) >= covered);
        if (covered < Number.POSITIVE_INFINITY && isLikely && needed.length <= MOST_PLACES) delayed.set(one, needed);
      }
    }
    return delayed.size === 0 ? this.#program : this.#move(delayed);
  }

  /** What becomes of bytes that are stored before this instruction. */
  #fateOf(store: Store, block: BlockId, start: number): Fate {
    const { instructions } = at(this.#program.blocks, block);
    for (let index = start; index < instructions.length; index++) {
      const one = at(instructions, index);
      if (this.#covers(one, store)) return { needed: [], covered: at(this.#costs, block) };
      if (this.#touches(one, store, block)) return needed({ from: block, to: block, index });
    }
    const next = at(this.#graph.successors, block);
    if (next.length === 0) return needed({ from: block, to: block, index: instructions.length });
    const fates = next.map((to) => {
      const isOwn = at(this.#graph.predecessors, to).length === 1 && at(this.#graph.loopDepth, to) === 0;
      return isOwn ? this.#fateOf(store, to, 0) : needed({ from: block, to });
    });
    return {
      needed: fates.flatMap((fate) => fate.needed),
      covered: Math.min(...fates.map(({ covered }) => covered)),
    };
  }

  #covers(one: Instruction, { address, offset, width }: Store): boolean {
    if (one.op !== 'store' || one.address !== address) return false;
    return one.offset <= offset && one.offset + one.width / 8 >= offset + width / 8;
  }

  /** Whether it may read or write any of these bytes, or hand the packet on. */
  #touches(one: Instruction, store: Store, block: BlockId): boolean {
    if (one.op === 'call') {
      const isPacket = (value: ValueId) => PACKETS.has(String(regionOf(this.#program, value)));
      return one.subprogram !== undefined || (one.helper !== PROBE && one.arguments.some(isPacket));
    }
    if (one.op !== 'store' && one.op !== 'load') return false;
    const isPacket = regionOf(this.#program, one.address) === 'packet';
    return isPacket && !this.#places.areApart(accessOf(one), accessOf(store), block);
  }

  #move(delayed: ReadonlyMap<Store, readonly Place[]>): Program {
    const edit = new Edit(this.#program);
    const between = new Map<string, BlockId>();
    const insertions = new Map<BlockId, { readonly index: number; readonly made: readonly Instruction[] }[]>();
    for (const [store, places] of delayed) {
      for (const { from, to, index = 0 } of places) {
        const isEdge = from !== to;
        const key = `${from} ${to}`;
        const block = isEdge ? (between.get(key) ?? edit.between(from, to)) : to;
        if (isEdge) between.set(key, block);
        const list = insertions.get(block) ?? [];
        insertions.set(block, list);
        list.push({ index, made: this.#copied(store, edit) });
      }
    }
    for (const [id, list] of insertions) {
      const block = at(edit.blocks, id);
      const whole = block.instructions;
      block.instructions = [...whole, undefined].flatMap((one, index) => [
        ...list.flatMap((insertion) => (insertion.index === index ? insertion.made : [])),
        ...(one === undefined ? [] : [one]),
      ]);
    }
    const isDelayed = (one: Instruction) => one.op === 'store' && delayed.has(one);
    for (const block of edit.blocks) block.instructions = block.instructions.filter((one) => !isDelayed(one));
    return edit.finish();
  }

  /** The store, with what nobody else needs of what computes it. */
  #copied(store: Store, edit: Edit): readonly Instruction[] {
    const own = this.#onlyFor(store);
    const names = new Map<ValueId, ValueId>();
    const name = (value: ValueId) => names.get(value) ?? value;
    return [...own.toReversed(), store].map((one) => {
      const result = resultOf(one);
      const copy = withOperands(one, name);
      if (copy.op === 'store' || result === undefined) return { ...copy };
      const made = edit.integer();
      names.set(result, made);
      return { ...copy, result: made };
    });
  }

  /** Instructions whose results are used in no other way, users before what they use. */
  #onlyFor({ value }: Store): readonly Instruction[] {
    const uses = new Map<ValueId, number>([[value, 1]]);
    const found: Instruction[] = [];
    // An operand is looked at when its last user has been found.
    const open = [value];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const one = this.#definitions[next];
      const isPure = one?.op === 'alu' || one?.op === 'truncate' || one?.op === 'swap';
      if (one === undefined || !isPure || uses.get(next) !== this.#uses[next]) continue;
      found.push(one);
      for (const operand of operandsOf(one)) {
        uses.set(operand, (uses.get(operand) ?? 0) + 1);
        if (uses.get(operand) === this.#uses[operand]) open.push(operand);
      }
    }
    return found;
  }
}

/** Regions by which a helper gets at the packet. */
const PACKETS: ReadonlySet<string> = new Set(['packet', 'packet-end', 'context']);

/** It reads what the context stands for, and never the packet. */
const PROBE = 'probe_read_kernel';

const needed = (place: Place): Fate => ({ needed: [place], covered: Number.POSITIVE_INFINITY });
