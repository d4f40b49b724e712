// Ways to make a program smaller. Each gives a whole new program, which may be invalid: whoever tries it checks that.

import {
  hasEffect,
  operandsOf,
  resultOf,
  successorsOf,
  terminatorOperands,
  withOperands,
  withTargets,
  withTerminatorOperands,
} from '../ir/operands.ts';
import type { Block, BlockId, Instruction, Program, Terminator, ValueId } from '../ir/types.ts';

export interface Caution {
  /** Keep every check that the verifier may need, on ways too that no packet takes. */
  readonly keepChecks: boolean;
}

/** Smaller programs, the much smaller ones first. */
export function* smaller(program: Program, caution: Caution): Iterable<Program> {
  yield* withFewerBranches(program, caution);
  yield* withFewerInstructions(program);
  yield* withFewerPhis(program);
  if (!caution.keepChecks) yield* withOperandsInstead(program);
}

function replaceBlock(program: Program, id: BlockId, change: Partial<Block>): Program {
  return { ...program, blocks: program.blocks.map((block) => (block.id === id ? { ...block, ...change } : block)) };
}

function* withFewerBranches(program: Program, caution: Caution): Iterable<Program> {
  for (const block of program.blocks) {
    const { terminator } = block;
    if (terminator.op !== 'branch' && terminator.op !== 'in-packet') continue;
    for (const target of new Set(sides(program, terminator, caution))) yield tidy(redirect(program, block, target));
  }
}

type Fork = Extract<Terminator, { op: 'branch' | 'in-packet' }>;

function sides(program: Program, terminator: Fork, { keepChecks }: Caution): readonly BlockId[] {
  const { then, otherwise } = terminator;
  if (!keepChecks) return [otherwise, then];
  if (terminator.op === 'in-packet') return [otherwise];
  const condition = program.blocks
    .flatMap(({ instructions }) => instructions)
    .find((one) => resultOf(one) === terminator.condition);
  if (condition?.op !== 'compare') return [otherwise, then];
  if (program.values[condition.left]?.kind === 'pointer') return [condition.relation === 'ne' ? otherwise : then];
  return condition.relation.startsWith('u') ? [otherwise] : [otherwise, then];
}

function redirect(program: Program, block: Block, target: BlockId): Program {
  const cut = successorsOf(block.terminator).filter((to) => to !== target);
  const blocks = program.blocks.map((one): Block => {
    if (one.id === block.id) return { ...one, terminator: { op: 'jump', target } };
    if (!cut.includes(one.id)) return one;
    const phis = one.phis.map((phi) => ({ ...phi, inputs: phi.inputs.filter((input) => input.block !== block.id) }));
    return { ...one, phis };
  });
  return { ...program, blocks };
}

function* withFewerInstructions(program: Program): Iterable<Program> {
  const read = readValues(program);
  for (const block of program.blocks) {
    for (const [index, instruction] of block.instructions.entries()) {
      const rest = (replacement: readonly Instruction[]) =>
        tidy(replaceBlock(program, block.id, { instructions: block.instructions.toSpliced(index, 1, ...replacement) }));
      const result = resultOf(instruction);
      if (result === undefined || !read.has(result)) yield rest([]);
      else if (
        program.values[result]?.kind === 'integer' &&
        !(instruction.op === 'constant' && instruction.value === 0n)
      ) {
        yield rest([{ op: 'constant', value: 0n, result }]);
        if (instruction.op !== 'constant') yield rest([{ op: 'constant', value: 1n, result }]);
      }
    }
  }
}

function* withFewerPhis(program: Program): Iterable<Program> {
  for (const block of program.blocks) {
    for (const phi of block.phis) {
      if (program.values[phi.result]?.kind !== 'integer') continue;
      const phis = block.phis.filter((one) => one !== phi);
      const zero: Instruction = { op: 'constant', value: 0n, result: phi.result };
      yield tidy(replaceBlock(program, block.id, { phis, instructions: [zero, ...block.instructions] }));
    }
  }
}

/** An operand in place of what is computed from it. */
function* withOperandsInstead(program: Program): Iterable<Program> {
  for (const { instructions } of program.blocks) {
    for (const instruction of instructions) {
      const result = resultOf(instruction);
      if (result === undefined || program.values[result]?.kind !== 'integer') continue;
      for (const operand of operandsOf(instruction)) {
        if (program.values[operand]?.kind === 'integer') yield tidy(substitute(program, result, operand));
      }
    }
  }
}

function substitute(program: Program, from: ValueId, to: ValueId): Program {
  const map = (value: ValueId) => (value === from ? to : value);
  const blocks = program.blocks.map((block) => ({
    ...block,
    phis: block.phis.map((phi) => ({
      ...phi,
      inputs: phi.inputs.map((input) => ({ ...input, value: map(input.value) })),
    })),
    instructions: block.instructions.map((instruction) => withOperands(instruction, map)),
    terminator: withTerminatorOperands(block.terminator, map),
  }));
  return { ...program, blocks };
}

/** Without what nothing reaches or reads. */
export function tidy(program: Program): Program {
  return withoutDead(renumbered(merged(withoutUnreachable(program))));
}

function withoutUnreachable(program: Program): Program {
  const reached = new Set<BlockId>([0]);
  for (const id of reached) {
    const terminator = program.blocks.find((block) => block.id === id)?.terminator;
    for (const target of terminator === undefined ? [] : successorsOf(terminator)) reached.add(target);
  }
  const blocks = program.blocks
    .filter(({ id }) => reached.has(id))
    .map((block) => ({
      ...block,
      phis: block.phis.map((phi) => ({ ...phi, inputs: phi.inputs.filter((input) => reached.has(input.block)) })),
    }));
  return { ...program, blocks };
}

/** Blocks that follow their only predecessor, put behind it; phis with one input are that input. */
function merged(program: Program): Program {
  for (const block of program.blocks) {
    const { terminator } = block;
    if (terminator.op !== 'jump') continue;
    const next = program.blocks.find(({ id }) => id === terminator.target);
    const from = program.blocks.filter((one) => successorsOf(one.terminator).includes(terminator.target));
    if (next === undefined || from.length !== 1 || next.id === block.id) continue;
    return merged(joined(program, block, next));
  }
  return program;
}

function joined(program: Program, block: Block, next: Block): Program {
  const both: Block = {
    ...block,
    instructions: [...block.instructions, ...next.instructions],
    terminator: next.terminator,
  };
  const blocks = program.blocks
    .filter((one) => one !== next)
    .map((one) => (one === block ? both : one))
    .map((one) => ({
      ...one,
      phis: one.phis.map((phi) => ({
        ...phi,
        inputs: phi.inputs.map((input) => (input.block === next.id ? { ...input, block: block.id } : input)),
      })),
    }));
  return next.phis.reduce<Program>(
    (result, phi) => substitute(result, phi.result, phi.inputs[0]?.value ?? phi.result),
    { ...program, blocks },
  );
}

function renumbered(program: Program): Program {
  const position = new Map(program.blocks.map(({ id }, index) => [id, index]));
  const map = (id: BlockId) => position.get(id) ?? id;
  const blocks = program.blocks.map((block) => ({
    ...block,
    id: map(block.id),
    phis: block.phis.map((phi) => ({
      ...phi,
      inputs: phi.inputs.map((input) => ({ ...input, block: map(input.block) })),
    })),
    terminator: withTargets(block.terminator, map),
  }));
  return { ...program, blocks };
}

function readValues(program: Program): ReadonlySet<ValueId> {
  const read = new Set<ValueId>();
  for (const { phis, instructions, terminator } of program.blocks) {
    for (const { inputs } of phis) for (const { value } of inputs) read.add(value);
    for (const value of instructions.flatMap(operandsOf)) read.add(value);
    for (const value of terminatorOperands(terminator)) read.add(value);
  }
  return read;
}

function withoutDead(program: Program): Program {
  const read = readValues(program);
  const isNeeded = (instruction: Instruction) => {
    const result = resultOf(instruction);
    return result === undefined || hasEffect(instruction) || read.has(result);
  };
  let changed = false;
  const blocks = program.blocks.map((block) => {
    const phis = block.phis.filter((phi) => read.has(phi.result));
    const instructions = block.instructions.filter(isNeeded);
    changed ||= phis.length < block.phis.length || instructions.length < block.instructions.length;
    return { ...block, phis, instructions };
  });
  return changed ? withoutDead({ ...program, blocks }) : program;
}
