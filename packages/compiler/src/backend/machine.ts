// Machine code before emission: eBPF operations on registers without bound, 0 to 10 being the machine's own.

import type { AtomicOperation, BlockId, Location, Relation, Width } from '../ir/types.ts';

/** 0 to 10: r0 to r10. From 11: virtual. */
export type Register = number;
export const FRAME_POINTER: Register = 10;
export const FIRST_VIRTUAL = 11;
export const RESULT: Register = 0;
export const ARGUMENTS: readonly Register[] = [1, 2, 3, 4, 5];
/** r0 to r5 do not survive a call. */
export const CLOBBERED: readonly Register[] = [0, 1, 2, 3, 4, 5];
export const ALLOCATABLE: readonly Register[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export type Operand =
  | { readonly register: Register }
  /** `relocation`: the name of the number that is put there in the end. */
  | { readonly immediate: number; readonly relocation?: string };
/** Base of an address: a register, or a stack slot whose place is fixed when the frame is laid out. */
export type Base = { readonly register: Register } | { readonly slot: number };

export type MachineAlu = 'add' | 'sub' | 'mul' | 'div' | 'mod' | 'and' | 'or' | 'xor' | 'lsh' | 'rsh' | 'arsh';
/** `set`: bits in common. It has no opposite. */
export type Test = Relation | 'set';

export type MachineInstruction = { readonly at?: Location | undefined } & (
  | { readonly op: 'move'; readonly dst: Register; readonly src: Register; readonly width: 32 | 64 }
  | { readonly op: 'constant'; readonly dst: Register; readonly value: bigint }
  | { readonly op: 'relocation'; readonly dst: Register; readonly name: string; readonly width: 32 | 64 }
  /** `dst = dst operation source`. */
  | {
      readonly op: 'alu';
      readonly operation: MachineAlu;
      readonly dst: Register;
      readonly source: Operand;
      readonly width: 32 | 64;
    }
  | { readonly op: 'negate'; readonly dst: Register }
  | { readonly op: 'swap'; readonly dst: Register; readonly width: 16 | 32 | 64 }
  | {
      readonly op: 'load';
      readonly dst: Register;
      readonly base: Base;
      readonly offset: number;
      readonly width: Width;
    }
  | {
      readonly op: 'store';
      readonly base: Base;
      readonly offset: number;
      readonly width: Width;
      readonly source: Operand;
    }
  /** With `fetch`, `src` becomes the old value. */
  | {
      readonly op: 'atomic';
      readonly operation: AtomicOperation;
      readonly base: Base;
      readonly offset: number;
      readonly width: 32 | 64;
      readonly src: Register;
      readonly fetch: boolean;
    }
  | { readonly op: 'slot-address'; readonly dst: Register; readonly slot: number; readonly offset: number }
  | { readonly op: 'map'; readonly dst: Register; readonly name: string }
  | { readonly op: 'map-value'; readonly dst: Register; readonly name: string; readonly offset: number }
  /** `dst` = 1 or 0. It is written before the operands are read, so it must not share a register with them. */
  | {
      readonly op: 'test';
      readonly dst: Register;
      readonly test: Test;
      readonly left: Register;
      readonly right: Operand;
      readonly width: 32 | 64;
    }
  /** A helper by its name, or a subprogram by its number. */
  | { readonly op: 'call'; readonly callee: string | number; readonly arity: number }
  /** The address of a subprogram, for helpers that call it. */
  | { readonly op: 'subprogram'; readonly dst: Register; readonly subprogram: number }
);

export type MachineTerminator = { readonly at?: Location | undefined } & (
  | { readonly op: 'jump'; readonly target: BlockId }
  | {
      readonly op: 'branch';
      readonly test: Test;
      readonly left: Register;
      readonly right: Operand;
      readonly width: 32 | 64;
      readonly then: BlockId;
      readonly otherwise: BlockId;
      readonly likely?: 'then' | 'otherwise' | undefined;
    }
  /** Of what r0 holds. */
  | { readonly op: 'return' }
);

export interface MachineBlock {
  readonly instructions: readonly MachineInstruction[];
  readonly terminator: MachineTerminator;
  /** Loops around the block: what it costs to put an instruction there. */
  readonly loopDepth: number;
}

/** Blocks by IR block id; the entry is block 0. */
export interface MachineProgram {
  readonly blocks: readonly MachineBlock[];
  /** Bytes of each stack slot: the program's own first, then spill slots. */
  readonly slots: readonly { readonly size: number; readonly name: string }[];
  /** The first register number that is free. */
  readonly nextRegister: Register;
  /** Pointers by which the packet is reached; a spill must not come between a bound and its use. */
  readonly reluctant: ReadonlySet<Register>;
}

const registerOf = (operand: Operand | Base): readonly Register[] => ('register' in operand ? [operand.register] : []);

export function readsOf(instruction: MachineInstruction): readonly Register[] {
  switch (instruction.op) {
    case 'move':
      return [instruction.src];
    case 'alu':
      return [instruction.dst, ...registerOf(instruction.source)];
    case 'negate':
    case 'swap':
      return [instruction.dst];
    case 'load':
      return registerOf(instruction.base);
    case 'store':
      return [...registerOf(instruction.base), ...registerOf(instruction.source)];
    case 'atomic':
      return [...registerOf(instruction.base), instruction.src];
    case 'test':
      return [instruction.left, ...registerOf(instruction.right)];
    case 'call':
      return ARGUMENTS.slice(0, instruction.arity);
    default:
      return [];
  }
}

export function writesOf(instruction: MachineInstruction): readonly Register[] {
  switch (instruction.op) {
    case 'store':
      return [];
    case 'atomic':
      return instruction.fetch ? [instruction.src] : [];
    case 'call':
      return CLOBBERED;
    default:
      return [instruction.dst];
  }
}

/** Whether it can go when nothing reads what it writes. */
export function isPure(instruction: MachineInstruction): boolean {
  return instruction.op !== 'store' && instruction.op !== 'atomic' && instruction.op !== 'call';
}

export function terminatorReads(terminator: MachineTerminator): readonly Register[] {
  if (terminator.op === 'return') return [RESULT];
  return terminator.op === 'branch' ? [terminator.left, ...registerOf(terminator.right)] : [];
}

export function machineSuccessors(terminator: MachineTerminator): readonly BlockId[] {
  if (terminator.op === 'return') return [];
  return terminator.op === 'jump' ? [terminator.target] : [terminator.then, terminator.otherwise];
}

type Rename = (register: Register) => Register;

const renamed = <T extends Operand | Base>(operand: T, rename: Rename): T =>
  'register' in operand ? { ...operand, register: rename(operand.register) } : operand;

export function withRegisters(instruction: MachineInstruction, rename: Rename): MachineInstruction {
  switch (instruction.op) {
    case 'move':
      return { ...instruction, dst: rename(instruction.dst), src: rename(instruction.src) };
    case 'alu':
      return { ...instruction, dst: rename(instruction.dst), source: renamed(instruction.source, rename) };
    case 'load':
      return { ...instruction, dst: rename(instruction.dst), base: renamed(instruction.base, rename) };
    case 'store':
      return {
        ...instruction,
        base: renamed(instruction.base, rename),
        source: renamed(instruction.source, rename),
      };
    case 'atomic':
      return { ...instruction, base: renamed(instruction.base, rename), src: rename(instruction.src) };
    case 'test':
      return {
        ...instruction,
        dst: rename(instruction.dst),
        left: rename(instruction.left),
        right: renamed(instruction.right, rename),
      };
    case 'call':
      return instruction;
    default:
      return { ...instruction, dst: rename(instruction.dst) };
  }
}

export function withTerminatorRegisters(terminator: MachineTerminator, rename: Rename): MachineTerminator {
  if (terminator.op !== 'branch') return terminator;
  return { ...terminator, left: rename(terminator.left), right: renamed(terminator.right, rename) };
}
