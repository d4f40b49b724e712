// Puts the program of a place where a tail call led to it.
import { fusedMapName } from '../abi/fused.ts';
import { at } from '../ir/at.ts';
import { withOperands, withTargets, withTerminatorOperands } from '../ir/operands.ts';
import type { Block, Instruction, Program, Region, Terminator, ValueId, ValueType } from '../ir/types.ts';
import { epochsAtEnd } from './epochs.ts';
import type { FusedNumbers } from './numbers.ts';
import type { Part } from './part.ts';
import type { Site } from './sites.ts';

/** Each site's part takes the place of the tail call, with all behind it. */
export function inlineParts(
  program: Program,
  sites: readonly { readonly site: Site; readonly part: Part }[],
  numbers: FusedNumbers,
): Program {
  const epochs = epochsAtEnd(program);
  const grown = new Growing(program, numbers);
  for (const { site, part } of sites) grown.inline(site, part, epochs.get(site.block));
  return grown.program;
}

class Growing {
  readonly #base: Program;
  readonly #numbers: FusedNumbers;
  readonly #values: ValueType[];
  readonly #slots: Program['slots'][number][];
  readonly #blocks: Block[];
  readonly #subprograms: Program[];
  #epochs: number;

  constructor(base: Program, numbers: FusedNumbers) {
    this.#base = base;
    this.#numbers = numbers;
    this.#values = [...base.values];
    this.#slots = [...base.slots];
    this.#blocks = [...base.blocks];
    this.#subprograms = [...(base.subprograms ?? [])];
    this.#epochs = 1 + mostEpoch(base);
  }

  get program(): Program {
    const subprograms = this.#subprograms;
    return {
      ...this.#base,
      values: this.#values,
      slots: this.#slots,
      blocks: this.#blocks,
      ...(subprograms.length > 0 && { subprograms }),
    };
  }

  /** `epoch`: of the packet there, if it is known. */
  inline(site: Site, part: Part, epoch: number | undefined): void {
    const { ir, owner } = part;
    const from = { values: this.#values.length, blocks: this.#blocks.length };
    const slots = this.#slotsFor(ir);
    const subprograms = this.#subprograms.length;
    const firstEpoch = this.#epochs;
    this.#epochs += 1 + mostEpoch(ir);
    const moved: Moved = {
      slots,
      subprograms,
      map: (name) => fusedMapName(owner, name),
      number: (name) => this.#numbers.nameIn(part, name),
    };
    const value = (id: ValueId) => (id === ir.context ? this.#base.context : from.values + id);
    const epochOf = (own: number) => (own === 0 && epoch !== undefined ? epoch : firstEpoch + own);
    this.#values.push(...ir.values.map((type) => typeIn(type, moved)));
    this.#subprograms.push(...(ir.subprograms ?? []).map((one) => renamed(one, moved)));
    const instruction = (one: Instruction): Instruction => {
      const there = shifted(withOperands(one, value), moved);
      const own = 'epoch' in there && there.epoch !== undefined ? { ...there, epoch: epochOf(there.epoch) } : there;
      // Passes tell instructions apart by identity.
      return own.op === 'store' ? { ...own } : { ...own, result: value(own.result) };
    };
    const terminator = (one: Terminator): Terminator => {
      const there = withTargets(withTerminatorOperands(one, value), (block) => from.blocks + block);
      return there.op === 'in-packet' ? { ...there, epoch: epochOf(there.epoch) } : there;
    };
    this.#enter(site, from.blocks);
    for (const block of ir.blocks) {
      this.#blocks.push({
        ...block,
        id: from.blocks + block.id,
        phis: block.phis.map(({ result, inputs }) => ({
          result: value(result),
          inputs: inputs.map((input) => ({ block: from.blocks + input.block, value: value(input.value) })),
        })),
        instructions: block.instructions.map(instruction),
        terminator: terminator(block.terminator),
      });
    }
  }

  /** Those of an earlier function are free when a later one begins. */
  #slotsFor({ slots }: Program): Moved['slots'] {
    const taken = new Set<number>();
    const places = slots.map((slot) => {
      const free = this.#slots.findIndex(
        ({ name, size }, index) => name === slot.name && size === slot.size && !taken.has(index),
      );
      const place = free < 0 ? this.#slots.push(slot) - 1 : free;
      taken.add(place);
      return place;
    });
    return (slot) => at(places, slot);
  }

  #enter({ block, index }: Site, target: number): void {
    const before = at(this.#blocks, block);
    this.#blocks[block] = {
      ...before,
      instructions: before.instructions.slice(0, index),
      terminator: { op: 'jump', target },
    };
  }
}

function mostEpoch({ blocks }: Program): number {
  const epochs = blocks.flatMap(({ instructions, terminator }) => [
    ...instructions.flatMap((one) => ('epoch' in one && one.epoch !== undefined ? [one.epoch] : [])),
    ...(terminator.op === 'in-packet' ? [terminator.epoch] : []),
  ]);
  return Math.max(0, ...epochs);
}

/** What the whole calls things of a part. */
interface Moved {
  readonly slots: (slot: number) => number;
  /** How many there were. */
  readonly subprograms: number;
  readonly map: (name: string) => string;
  readonly number: (name: string) => string;
}

/** What an instruction says besides its operands and its result. */
function shifted(one: Instruction, moved: Moved): Instruction {
  switch (one.op) {
    case 'stack':
      return { ...one, slot: moved.slots(one.slot) };
    case 'map':
    case 'map-value':
      return { ...one, name: moved.map(one.name) };
    case 'relocation':
      return { ...one, name: moved.number(one.name) };
    case 'call':
      return one.subprogram === undefined ? one : { ...one, subprogram: moved.subprograms + one.subprogram };
    default:
      return one;
  }
}

function typeIn(type: ValueType, moved: Moved): ValueType {
  return type.kind === 'integer' ? type : { ...type, region: regionIn(type.region, moved) };
}

const STACK = 'stack ';
const VALUE = 'value ';

function regionIn(region: Region, { slots, map }: Moved): Region {
  if (region.startsWith(STACK)) return `stack ${slots(Number(region.slice(STACK.length)))}`;
  if (region.startsWith(VALUE)) return `value ${map(region.slice(VALUE.length))}`;
  return region;
}

/** A subprogram has values, slots and blocks of its own. */
function renamed(program: Program, moved: Moved): Program {
  const own: Moved = { ...moved, slots: (slot) => slot };
  return {
    ...program,
    values: program.values.map((type) => typeIn(type, own)),
    blocks: program.blocks.map((block) => ({
      ...block,
      instructions: block.instructions.map((one) => shifted(one, own)),
    })),
  };
}
