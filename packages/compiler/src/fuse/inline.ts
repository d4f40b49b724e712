// Puts the program of a place where a tail call led to it.
import { at } from '../ir/at.ts';
import { withOperands, withTargets, withTerminatorOperands } from '../ir/operands.ts';
import type { Block, Instruction, Program, Region, Terminator, ValueId, ValueType } from '../ir/types.ts';
import { fusedMapName, type Part } from './part.ts';
import { epochsAtEnd, type Site } from './sites.ts';

/** Each site's part takes the place of the tail call, with all behind it. */
export function inlineParts(program: Program, sites: readonly { readonly site: Site; readonly part: Part }[]): Program {
  const epochs = epochsAtEnd(program);
  const grown = new Growing(program);
  for (const { site, part } of sites) grown.inline(site, part, epochs.get(site.block));
  return grown.program;
}

class Growing {
  readonly #base: Program;
  readonly #values: ValueType[];
  readonly #slots: Program['slots'][number][];
  readonly #blocks: Block[];
  readonly #subprograms: Program[];
  #epochs: number;

  constructor(base: Program) {
    this.#base = base;
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
  inline(site: Site, { ir, owner }: Part, epoch: number | undefined): void {
    const from = { values: this.#values.length, blocks: this.#blocks.length };
    const slots = this.#slotsFor(ir);
    const subprograms = this.#subprograms.length;
    const firstEpoch = this.#epochs;
    this.#epochs += 1 + mostEpoch(ir);
    const names = (name: string) => fusedMapName(owner, name);
    const value = (id: ValueId) => (id === ir.context ? this.#base.context : from.values + id);
    const epochOf = (own: number) => (own === 0 && epoch !== undefined ? epoch : firstEpoch + own);
    this.#values.push(...ir.values.map((type) => typeIn(type, slots, names)));
    this.#subprograms.push(...(ir.subprograms ?? []).map((one) => renamed(one, names, subprograms)));
    const instruction = (one: Instruction): Instruction => {
      const moved = shifted(withOperands(one, value), slots, subprograms, names);
      const own = 'epoch' in moved && moved.epoch !== undefined ? { ...moved, epoch: epochOf(moved.epoch) } : moved;
      // Passes tell instructions apart by identity.
      return own.op === 'store' ? { ...own } : { ...own, result: value(own.result) };
    };
    const terminator = (one: Terminator): Terminator => {
      const moved = withTargets(withTerminatorOperands(one, value), (block) => from.blocks + block);
      return moved.op === 'in-packet' ? { ...moved, epoch: epochOf(moved.epoch) } : moved;
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
  #slotsFor({ slots }: Program): Slots {
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

type Names = (name: string) => string;
type Slots = (slot: number) => number;

/** What an instruction says besides its operands and its result. */
function shifted(one: Instruction, slots: Slots, subprograms: number, names: Names): Instruction {
  switch (one.op) {
    case 'stack':
      return { ...one, slot: slots(one.slot) };
    case 'map':
    case 'map-value':
      return { ...one, name: names(one.name) };
    case 'call':
      return one.subprogram === undefined ? one : { ...one, subprogram: subprograms + one.subprogram };
    default:
      return one;
  }
}

function typeIn(type: ValueType, slots: Slots, names: Names): ValueType {
  return type.kind === 'integer' ? type : { ...type, region: regionIn(type.region, slots, names) };
}

const STACK = 'stack ';
const VALUE = 'value ';

function regionIn(region: Region, slots: Slots, names: Names): Region {
  if (region.startsWith(STACK)) return `stack ${slots(Number(region.slice(STACK.length)))}`;
  if (region.startsWith(VALUE)) return `value ${names(region.slice(VALUE.length))}`;
  return region;
}

/** A subprogram has values, slots and blocks of its own. */
function renamed(program: Program, names: Names, subprograms: number): Program {
  const slots: Slots = (slot) => slot;
  return {
    ...program,
    values: program.values.map((type) => typeIn(type, slots, names)),
    blocks: program.blocks.map((block) => ({
      ...block,
      instructions: block.instructions.map((one) => shifted(one, slots, subprograms, names)),
    })),
  };
}
