import { CodeGenerationError } from '../backend/error.ts';
import { at } from '../ir/at.ts';
import { contains, type Interval, onesUpTo } from '../ir/interval.ts';
import { hasEffect, resultOf, successorsOf } from '../ir/operands.ts';
import { type Ranges, rangesOf } from '../ir/ranges.ts';
import type { Block, BlockId, Instruction, Program, Terminator, ValueId, ValueType } from '../ir/types.ts';
import { instructionsByResult } from '../ir/uses.ts';
import { regionOf } from './aliasing.ts';
import { PacketReach } from './packet-reach.ts';
import { verifierReasoning } from './verifier-reasoning.ts';

/**
 * Makes the bounds of pointer offsets plain to the verifier of Linux 6.1: adds a mask where it cannot see what we know,
 * and a guard that goes where a failed bounds check goes where an offset may lead beyond what it accepts.
 * Nothing may change offsets afterwards: the masks look redundant.
 * @throws CodeGenerationError when an offset has no bound and nothing to fall back on.
 */
export function legalise(program: Program): Program {
  const mended = new Set<ValueId>();
  for (let current = program; ; ) {
    const next = new Legalising(current, mended).run();
    if (next === current) return current;
    current = next;
  }
}

type Offset = Extract<Instruction, { op: 'offset' }>;

interface Finding {
  readonly block: Block;
  readonly index: number;
  readonly offset: Offset;
}

const MOST_COMPARED = 0x7fff_ffffn;
const INTEGER: ValueType = { kind: 'integer' };

class Legalising {
  readonly #program: Program;
  /** Offsets that were mended before. Where control never comes the guard's fact may not show. */
  readonly #mended: Set<ValueId>;
  readonly #definitions: ReadonlyMap<ValueId, Instruction>;
  readonly #proved: Ranges;
  readonly #known: Ranges;
  readonly #reach: PacketReach;

  constructor(program: Program, mended: Set<ValueId>) {
    this.#program = program;
    this.#mended = mended;
    this.#definitions = instructionsByResult(program);
    this.#proved = rangesOf(program, verifierReasoning);
    this.#known = rangesOf(program);
    this.#reach = new PacketReach(program, this.#definitions, { proved: this.#proved, known: this.#known });
  }

  /** Mends one offset, or gives the same program if there is none to mend. */
  run(): Program {
    for (const block of this.#program.blocks) {
      for (const [index, offset] of block.instructions.entries()) {
        if (offset.op !== 'offset' || this.#definitions.get(offset.by)?.op === 'constant') continue;
        if (this.#mended.has(offset.result)) continue;
        const allowed = this.#allowed(offset, block.id);
        if (contains(allowed, this.#proved.in(offset.by, block.id))) continue;
        return this.#mend({ block, index, offset }, allowed);
      }
    }
    return this.#program;
  }

  /** What the verifier must be able to prove. */
  #allowed(offset: Offset, block: BlockId): Interval {
    const region = regionOf(this.#program, offset.base);
    if (region === 'packet') return { lo: 0n, hi: this.#reach.left(offset) };
    return this.#known.in(offset.by, block);
  }

  #mend(finding: Finding, allowed: Interval): Program {
    const { offset, block } = finding;
    const known = this.#known.in(offset.by, block.id);
    this.#mended.add(offset.result);
    // Larger constants the verifier would not be shown as such.
    if (known.lo >= 0n && known.hi <= MOST_COMPARED && contains(allowed, known)) {
      const mask = onesUpTo(known.hi);
      return mask <= allowed.hi ? this.#masked(finding, mask) : this.#guarded(finding, known.hi, undefined);
    }
    const exit = this.#exit(finding);
    if (exit === undefined || allowed.hi < 0n || allowed.hi > MOST_COMPARED) throw this.#unbounded(offset, known);
    return this.#guarded(finding, allowed.hi, exit);
  }

  #unbounded(offset: Offset, { lo, hi }: Interval): CodeGenerationError {
    const region = regionOf(this.#program, offset.base);
    return new CodeGenerationError(
      `an offset into ${region} may be anything within ${lo}..${hi}, more than the kernel's verifier accepts`,
      'compare the offset with a constant before it is used',
      offset.at,
    );
  }

  #masked({ block, index, offset }: Finding, mask: bigint): Program {
    const values = [...this.#program.values, INTEGER, INTEGER];
    const [constant, result] = [values.length - 2, values.length - 1];
    const location = offset.at && { at: offset.at };
    const instructions: Instruction[] = [
      { op: 'constant', value: mask, result: constant },
      { op: 'alu', operation: 'and', left: offset.by, right: constant, result, ...location },
      { ...offset, by: result },
    ];
    const mended = { ...block, instructions: block.instructions.toSpliced(index, 1, ...instructions) };
    return { ...this.#program, values, blocks: this.#program.blocks.with(block.id, mended) };
  }

  /** The bounds check behind the offset in the same block: where it fails, a guard may fail as well. */
  #exit({ block, index, offset }: Finding): Terminator | undefined {
    const { terminator, instructions } = block;
    if (terminator.op !== 'in-packet' || instructions.slice(index).some(hasEffect)) return undefined;
    if (!this.#reach.leadsTo(offset.result, terminator.pointer)) return undefined;
    // What the failed check hands to phis must exist in front of the guard.
    const late = new Set(instructions.slice(index).map(resultOf));
    const handed = at(this.#program.blocks, terminator.otherwise).phis.flatMap(({ inputs }) =>
      inputs.filter((input) => input.block === block.id).map(({ value }) => value),
    );
    return handed.some((value) => late.has(value)) ? undefined : terminator;
  }

  /** Splits the block in front of the offset: `by <= most` goes on, everything else leaves. */
  #guarded({ block, index, offset }: Finding, most: bigint, check: Terminator | undefined): Program {
    const { blocks } = this.#program;
    const values = [...this.#program.values, INTEGER, INTEGER];
    const [constant, condition] = [values.length - 2, values.length - 1];
    const rest: BlockId = blocks.length;
    const exit = check?.op === 'in-packet' ? check.otherwise : blocks.length + 1;
    const location = offset.at && { at: offset.at };
    const guard: Instruction[] = [
      { op: 'constant', value: most, result: constant },
      { op: 'compare', relation: 'ule', left: offset.by, right: constant, result: condition, ...location },
    ];
    const head: Block = {
      ...block,
      instructions: [...block.instructions.slice(0, index), ...guard],
      terminator: { op: 'branch', condition, then: rest, otherwise: exit, likely: 'then', ...location },
    };
    const tail: Block = {
      id: rest,
      phis: [],
      instructions: block.instructions.slice(index),
      terminator: block.terminator,
    };
    const after = new Set(successorsOf(block.terminator));
    const moved = blocks.map((one) => {
      if (one.id === block.id)
        return one.phis.length > 0 && after.has(one.id) ? { ...head, phis: fromTail(one, block.id, rest) } : head;
      return after.has(one.id) ? { ...one, phis: fromTail(one, block.id, rest) } : one;
    });
    const withExit = moved.map((one) => {
      if (check === undefined || one.id !== exit) return one;
      const phis = one.phis.map(({ result, inputs }) => ({
        result,
        inputs: [
          ...inputs,
          ...inputs.filter((input) => input.block === rest).map(({ value }) => ({ block: block.id, value })),
        ],
      }));
      return { ...one, phis };
    });
    if (check !== undefined) return { ...this.#program, values, blocks: [...withExit, tail] };
    const never = this.#never(exit, values);
    return { ...this.#program, values, blocks: [...withExit, tail, never] };
  }

  /** Where control never goes, although the verifier thinks it might: XDP_ABORTED, or TC_ACT_SHOT. */
  #never(id: BlockId, values: ValueType[]): Block {
    const result = values.push(INTEGER) - 1;
    const value = this.#program.hook === 'xdp' ? 0n : 2n;
    return {
      id,
      phis: [],
      instructions: [{ op: 'constant', value, result }],
      terminator: { op: 'return', value: result },
    };
  }
}

/** The phis of a block whose predecessor was split. */
function fromTail({ phis }: Block, head: BlockId, tail: BlockId) {
  return phis.map(({ result, inputs }) => ({
    result,
    inputs: inputs.map(({ block, value }) => ({ block: block === head ? tail : block, value })),
  }));
}
