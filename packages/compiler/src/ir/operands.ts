// What instructions and terminators read, define and reach, and copies of them with that replaced.

import type { BlockId, Instruction, Terminator, ValueId } from './types.ts';

export function operandsOf(instruction: Instruction): readonly ValueId[] {
  switch (instruction.op) {
    case 'alu':
    case 'compare':
      return [instruction.left, instruction.right];
    case 'truncate':
    case 'swap':
      return [instruction.value];
    case 'load':
      return [instruction.address];
    case 'store':
    case 'atomic':
      return [instruction.address, instruction.value];
    case 'offset':
      return [instruction.base, instruction.by];
    case 'call':
      return instruction.arguments;
    default:
      return [];
  }
}

export function withOperands(instruction: Instruction, map: (value: ValueId) => ValueId): Instruction {
  switch (instruction.op) {
    case 'alu':
    case 'compare':
      return { ...instruction, left: map(instruction.left), right: map(instruction.right) };
    case 'truncate':
    case 'swap':
      return { ...instruction, value: map(instruction.value) };
    case 'load':
      return { ...instruction, address: map(instruction.address) };
    case 'store':
    case 'atomic':
      return { ...instruction, address: map(instruction.address), value: map(instruction.value) };
    case 'offset':
      return { ...instruction, base: map(instruction.base), by: map(instruction.by) };
    case 'call':
      return { ...instruction, arguments: instruction.arguments.map(map) };
    default:
      return instruction;
  }
}

export function resultOf(instruction: Instruction): ValueId | undefined {
  return instruction.op === 'store' ? undefined : instruction.result;
}

/** Whether it does more than compute its result. */
export function hasEffect(instruction: Instruction): boolean {
  return instruction.op === 'store' || instruction.op === 'call' || instruction.op === 'atomic';
}

export function terminatorOperands(terminator: Terminator): readonly ValueId[] {
  switch (terminator.op) {
    case 'jump':
      return [];
    case 'branch':
      return [terminator.condition];
    case 'in-packet':
      return [terminator.pointer];
    case 'return':
      return [terminator.value];
  }
}

export function withTerminatorOperands(terminator: Terminator, map: (value: ValueId) => ValueId): Terminator {
  switch (terminator.op) {
    case 'jump':
      return terminator;
    case 'branch':
      return { ...terminator, condition: map(terminator.condition) };
    case 'in-packet':
      return { ...terminator, pointer: map(terminator.pointer) };
    case 'return':
      return { ...terminator, value: map(terminator.value) };
  }
}

/** The blocks control goes to, each once. */
export function successorsOf(terminator: Terminator): readonly BlockId[] {
  switch (terminator.op) {
    case 'jump':
      return [terminator.target];
    case 'return':
      return [];
    default:
      return terminator.then === terminator.otherwise ? [terminator.then] : [terminator.then, terminator.otherwise];
  }
}

export function withTargets(terminator: Terminator, map: (block: BlockId) => BlockId): Terminator {
  switch (terminator.op) {
    case 'jump':
      return { ...terminator, target: map(terminator.target) };
    case 'return':
      return terminator;
    default:
      return { ...terminator, then: map(terminator.then), otherwise: map(terminator.otherwise) };
  }
}
