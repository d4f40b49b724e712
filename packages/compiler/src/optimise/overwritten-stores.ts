import { resultOf } from '../ir/operands.ts';
import type { Block, Instruction, Program, ValueId } from '../ir/types.ts';
import { regionOf } from './aliasing.ts';

/** Bytes of the packet that are stored again before anyone could read them. */
interface Span {
  readonly address: ValueId;
  readonly from: number;
  readonly to: number;
}

/** Drops stores into the packet that a later one of the same block covers: checksums and fields written several times. */
export function removeOverwrittenStores(program: Program): Program {
  let changed = false;
  const blocks = program.blocks.map((block) => {
    const instructions = withoutOverwritten(block, program);
    changed ||= instructions.length !== block.instructions.length;
    return instructions.length === block.instructions.length ? block : { ...block, instructions };
  });
  return changed ? { ...program, blocks } : program;
}

function withoutOverwritten({ instructions }: Block, program: Program): readonly Instruction[] {
  const kept: Instruction[] = [];
  let later: readonly Span[] = [];
  for (const instruction of instructions.toReversed()) {
    if (instruction.op === 'call') later = [];
    if (instruction.op === 'load') later = stillUnread(instruction, later, program);
    if (instruction.op === 'store' && regionOf(program, instruction.address) === 'packet') {
      const span = spanOf(instruction);
      if (later.some((one) => covers(one, span))) continue;
      later = [...later, span];
    }
    // An address does not exist before it is computed: nothing above can store to it.
    const result = resultOf(instruction);
    if (result !== undefined) later = later.filter(({ address }) => address !== result);
    kept.push(instruction);
  }
  return kept.reverse();
}

type Access = Extract<Instruction, { op: 'load' | 'store' }>;

const spanOf = ({ address, offset, width }: Access): Span => ({ address, from: offset, to: offset + width / 8 });

const covers = (outer: Span, inner: Span) =>
  outer.address === inner.address && outer.from <= inner.from && outer.to >= inner.to;

/** Two pointers into the packet may point to the same place. */
function stillUnread(load: Extract<Access, { op: 'load' }>, later: readonly Span[], program: Program): readonly Span[] {
  if (regionOf(program, load.address) !== 'packet') return later;
  const { address, from, to } = spanOf(load);
  return later.filter((one) => one.address === address && (one.to <= from || to <= one.from));
}
