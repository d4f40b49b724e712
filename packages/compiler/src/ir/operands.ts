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
    case 'load-pointer':
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

/** The same instruction if it reads what it read before; so for the others below. */
export function withOperands(instruction: Instruction, map: (value: ValueId) => ValueId): Instruction {
  switch (instruction.op) {
    case 'alu':
    case 'compare': {
      const [left, right] = [map(instruction.left), map(instruction.right)];
      return left === instruction.left && right === instruction.right ? instruction : { ...instruction, left, right };
    }
    case 'truncate':
    case 'swap': {
      const value = map(instruction.value);
      return value === instruction.value ? instruction : { ...instruction, value };
    }
    case 'load':
    case 'load-pointer': {
      const address = map(instruction.address);
      return address === instruction.address ? instruction : { ...instruction, address };
    }
    case 'store':
    case 'atomic': {
      const [address, value] = [map(instruction.address), map(instruction.value)];
      const isSame = address === instruction.address && value === instruction.value;
      return isSame ? instruction : { ...instruction, address, value };
    }
    case 'offset': {
      const [base, by] = [map(instruction.base), map(instruction.by)];
      return base === instruction.base && by === instruction.by ? instruction : { ...instruction, base, by };
    }
    case 'call': {
      const values = mapped(instruction.arguments, map);
      return values === instruction.arguments ? instruction : { ...instruction, arguments: values };
    }
    default:
      return instruction;
  }
}

/** The same list if nothing in it changes. */
export function mapped<T>(list: readonly T[], map: (item: T) => T): readonly T[] {
  let made: T[] | undefined;
  for (const [index, item] of list.entries()) {
    const next = map(item);
    if (next === item) continue;
    made ??= [...list];
    made[index] = next;
  }
  return made ?? list;
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
    case 'branch': {
      const condition = map(terminator.condition);
      return condition === terminator.condition ? terminator : { ...terminator, condition };
    }
    case 'in-packet': {
      const pointer = map(terminator.pointer);
      return pointer === terminator.pointer ? terminator : { ...terminator, pointer };
    }
    case 'return': {
      const value = map(terminator.value);
      return value === terminator.value ? terminator : { ...terminator, value };
    }
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
    case 'jump': {
      const target = map(terminator.target);
      return target === terminator.target ? terminator : { ...terminator, target };
    }
    case 'return':
      return terminator;
    default: {
      const [then, otherwise] = [map(terminator.then), map(terminator.otherwise)];
      const isSame = then === terminator.then && otherwise === terminator.otherwise;
      return isSame ? terminator : { ...terminator, then, otherwise };
    }
  }
}
