// Whether two places of the packet may be the same: pointers are the packet's start plus constants and bounded numbers.
import { factsOfSum } from '../ir/facts.ts';
import type { Interval } from '../ir/interval.ts';
import { exactReasoning, exactResult, type Ranges, type Reasoning, rangesOfSome } from '../ir/ranges.ts';
import type { BlockId, Instruction, Program, ValueId, Width } from '../ir/types.ts';
import { type Definitions, instructionsByResult } from '../ir/uses.ts';
import { regionOf } from './aliasing.ts';

/** Bytes that are read or written. */
export interface Access {
  readonly address: ValueId;
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
}

export const accessOf = ({ address, offset, width }: { address: ValueId; offset: number; width: Width }): Access => ({
  address,
  offset,
  size: width / 8,
});

/** Bytes from a pointer under an address: where they begin at least and end at most. */
interface Reach {
  readonly from: bigint;
  readonly to: bigint;
}

/** More steps has no address. */
const DEEPEST = 8;

export function packetPlaces(program: Program): PacketPlaces {
  const distances = program.blocks.flatMap(({ instructions }) =>
    instructions.flatMap((one) => (one.op === 'offset' && regionOf(program, one.base) === 'packet' ? [one.by] : [])),
  );
  return new PacketPlaces(instructionsByResult(program), rangesOfSome(program, distances, reasoning));
}

/** A header's length is the low bits of its first byte: what is known of the byte is known of them, though no verifier follows that. */
const reasoning: Reasoning = { ...exactReasoning, result, derives: factsOfSum };

function result(one: Instruction, operand: (value: ValueId) => Interval): Interval {
  const found = exactResult(one, operand);
  if (one.op !== 'alu' || one.operation !== 'and') return found;
  const [value, mask] = [operand(one.left), operand(one.right)];
  const isLowBits = mask.lo === mask.hi && mask.lo >= 0n && (mask.lo & (mask.lo + 1n)) === 0n;
  if (!isLowBits || value.lo < 0n || (value.lo & ~mask.lo) !== (value.hi & ~mask.lo)) return found;
  return { lo: value.lo & mask.lo, hi: value.hi & mask.lo };
}

export class PacketPlaces {
  readonly #definitions: Definitions;
  readonly #ranges: Ranges;

  constructor(definitions: Definitions, ranges: Ranges) {
    this.#definitions = definitions;
    this.#ranges = ranges;
  }

  /** Never one byte in common, as far as control is in this block. */
  areApart(one: Access, other: Access, block: BlockId): boolean {
    const under = this.#reaches(one, block);
    for (const [pointer, reach] of this.#reaches(other, block)) {
      const found = under.get(pointer);
      if (found !== undefined) return found.to <= reach.from || reach.to <= found.from;
    }
    return false;
  }

  /** By all pointers that the address is made of, itself first. */
  #reaches({ address, offset, size }: Access, block: BlockId): ReadonlyMap<ValueId, Reach> {
    let reach: Reach = { from: BigInt(offset), to: BigInt(offset + size) };
    const found = new Map([[address, reach]]);
    let pointer = address;
    for (let depth = 0; depth < DEEPEST; depth++) {
      const definition = this.#definitions[pointer];
      if (definition?.op !== 'offset') break;
      const { lo, hi } = this.#ranges.in(definition.by, block);
      reach = { from: reach.from + lo, to: reach.to + hi };
      pointer = definition.base;
      found.set(pointer, reach);
    }
    return found;
  }
}
