import { CodeGenerationError } from '../backend/error.ts';
import { at } from '../ir/at.ts';
import { contains, type Interval, onesUpTo } from '../ir/interval.ts';
import { hasEffect, resultOf } from '../ir/operands.ts';
import { type Ranges, rangesOfSome } from '../ir/ranges.ts';
import type { Block, BlockId, Instruction, Program, Terminator, ValueId, ValueType } from '../ir/types.ts';
import { type Definitions, instructionsByResult } from '../ir/uses.ts';
import { regionOf } from './aliasing.ts';
import { guarded } from './guard.ts';
import { PacketReach } from './packet-reach.ts';
import { verifierReasoning } from './verifier-reasoning.ts';

/**
 * Makes the bounds of pointer offsets plain to the verifier of Linux 6.1: adds a mask where it cannot see what we know,
 * and a guard that goes where a failed bounds check goes where an offset may lead beyond what it accepts.
 * Nothing may change offsets afterwards: the masks look redundant. `depth`: calls that lead to the program.
 * @throws CodeGenerationError when an offset has no bound and nothing to fall back on.
 */
export function legalise(program: Program, depth = 0): Program {
  const mended = new Set<ValueId>();
  let current = program;
  for (let isWaiting = variableOffsets(program).length > 0; isWaiting; ) {
    const turn = new Legalising(current, mended, depth);
    current = turn.run();
    isWaiting = turn.isWaiting;
  }
  return current;
}

type Offset = Extract<Instruction, { op: 'offset' }>;

function variableOffsets(program: Program): readonly Offset[] {
  const definitions = instructionsByResult(program);
  return definitions.flatMap((one) => (one?.op === 'offset' && definitions[one.by]?.op !== 'constant' ? [one] : []));
}

interface Finding {
  readonly block: Block;
  readonly index: number;
  readonly offset: Offset;
}

const MOST_COMPARED = 0x7fff_ffffn;
const INTEGER: ValueType = { kind: 'integer' };

class Legalising {
  #program: Program;
  /** Offsets that were mended before. Where control never comes the guard's fact may not show. */
  readonly #mended: Set<ValueId>;
  readonly #definitions: Definitions;
  readonly #proved: Ranges;
  readonly #known: Ranges;
  readonly #reach: PacketReach;
  readonly #linked: ReadonlySet<ValueId>;
  /** Whether some offsets could not be judged yet, for mends of others. */
  isWaiting = false;

  constructor(program: Program, mended: Set<ValueId>, depth: number) {
    this.#program = program;
    this.#mended = mended;
    this.#definitions = instructionsByResult(program);
    const variable = variableOffsets(program).map(({ by }) => by);
    this.#proved = rangesOfSome(program, variable, verifierReasoning);
    this.#known = rangesOfSome(program, variable);
    this.#reach = new PacketReach(program, this.#definitions, { proved: this.#proved, known: this.#known, depth });
    this.#linked = linkedToOthers(program, this.#definitions);
  }

  /** Mends what does not wait for other mends. */
  run(): Program {
    const { blocks } = this.#program;
    const moved = new Set<ValueId>();
    for (const { id, instructions } of blocks) {
      const count = this.#program.blocks.length;
      for (const offset of instructions) {
        if (offset.op !== 'offset' || this.#definitions[offset.by]?.op === 'constant') continue;
        if (this.#restsOn(offset, moved)) this.isWaiting = true;
        else if (!this.#isSettled(offset, id)) {
          this.#program = this.#mend(offset, id);
          moved.add(offset.result);
          if (this.#program.blocks.length === count) continue;
          // A guard tells of all offsets by the same value behind it, and the rest of the block is another one now.
          moved.add(offset.by);
          this.isWaiting = true;
          break;
        }
      }
    }
    return this.#program;
  }

  #isSettled(offset: Offset, block: BlockId): boolean {
    if (this.#linked.has(offset.by)) return false;
    return this.#mended.has(offset.result) || contains(this.#allowed(offset, block), this.#proved.in(offset.by, block));
  }

  #restsOn({ base, by }: Offset, moved: ReadonlySet<ValueId>): boolean {
    if (moved.has(by)) return true;
    const under = this.#definitions[base];
    return moved.has(base) || (under?.op === 'offset' && this.#restsOn(under, moved));
  }

  /** What the verifier must be able to prove. */
  #allowed(offset: Offset, block: BlockId): Interval {
    const region = regionOf(this.#program, offset.base);
    if (region === 'packet') return { lo: 0n, hi: this.#reach.left(offset) };
    return this.#known.in(offset.by, block);
  }

  #mend(offset: Offset, id: BlockId): Program {
    const block = at(this.#program.blocks, id);
    const finding = { block, index: block.instructions.indexOf(offset), offset };
    if (this.#linked.has(offset.by)) {
      this.isWaiting = true;
      return this.#replaced(finding, 'add', 0n);
    }
    const [allowed, known] = [this.#allowed(offset, id), this.#known.in(offset.by, id)];
    this.#mended.add(offset.result);
    // Larger constants the verifier would not be shown as such.
    if (known.lo >= 0n && known.hi <= MOST_COMPARED && contains(allowed, known)) {
      const mask = onesUpTo(known.hi);
      return mask <= allowed.hi ? this.#replaced(finding, 'and', mask) : this.#guarded(finding, known.hi, undefined);
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

  /** Another value to add: `by operation operand`. */
  #replaced({ block, index, offset }: Finding, operation: 'and' | 'add', operand: bigint): Program {
    const values = [...this.#program.values, INTEGER, INTEGER];
    const [constant, result] = [values.length - 2, values.length - 1];
    const location = offset.at && { at: offset.at };
    const instructions: Instruction[] = [
      { op: 'constant', value: operand, result: constant },
      { op: 'alu', operation, left: offset.by, right: constant, result, ...location },
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

  /** `by <= most` goes on, everything else leaves. */
  #guarded({ block, index, offset }: Finding, most: bigint, check: Terminator | undefined): Program {
    const place = { block, index, ...(offset.at && { at: offset.at }) };
    return guarded(this.#program, place, { relation: 'ule', value: offset.by, constant: most }, check);
  }
}

/** BPF_MAX_VAR_OFF */
const FARTHEST_LINK = 1n << 29n;

/**
 * Sums with large constants, and phis of them. Since 6.10 the verifier notes that a register is another one plus a constant, in the
 * place where a pointer has its offset, and takes it for one: "pointer offset … is not allowed". Adding 0 makes it forget.
 */
function linkedToOthers(program: Program, definitions: Definitions): ReadonlySet<ValueId> {
  const isFar = (value: ValueId) => {
    const definition = definitions[value];
    if (definition?.op !== 'constant') return false;
    return definition.value >= FARTHEST_LINK || definition.value <= -FARTHEST_LINK;
  };
  const linked = new Set<ValueId>();
  for (const one of definitions) {
    if (one?.op !== 'alu' || (one.operation !== 'add' && one.operation !== 'sub')) continue;
    if (isFar(one.right) || (one.operation === 'add' && isFar(one.left))) linked.add(one.result);
  }
  for (let before = 0; before !== linked.size; ) {
    before = linked.size;
    for (const { phis } of program.blocks) {
      for (const { result, inputs } of phis) if (inputs.some(({ value }) => linked.has(value))) linked.add(result);
    }
  }
  return linked;
}
