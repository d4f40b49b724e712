import type { Interval } from '../../ir/interval.ts';
import type { Instruction, ValueId } from '../../ir/types.ts';

type WithoutResult<T> = T extends { readonly result: ValueId } ? Omit<T, 'result' | 'at'> : never;
/** An instruction that has not been given a result yet. */
export type Unnamed = WithoutResult<Instruction>;

/** What a rule knows of the program around an instruction. */
export interface Context {
  readonly definition: (value: ValueId) => Instruction | undefined;
  readonly constant: (value: ValueId) => bigint | undefined;
  /** Bounds at this instruction. */
  readonly range: (value: ValueId) => Interval;
  /** Bounds wherever the value is used. */
  readonly rangeAnywhere: (value: ValueId) => Interval;
  /** The bits that can be set. */
  readonly bits: (value: ValueId) => bigint;
  readonly isPointer: (value: ValueId) => boolean;
  /** Whether one operand alone reads it. */
  readonly usedOnce: (value: ValueId) => boolean;
  /** Puts an instruction in front of this one. */
  readonly make: (instruction: Unnamed) => ValueId;
  readonly makeConstant: (value: bigint) => ValueId;
}

/** A value to read instead, an instruction to compute the result with instead, or nothing better. */
export type Better<T extends Instruction['op']> = ValueId | Unnamed | Extract<Instruction, { op: T }> | undefined;
export type Op<T extends Instruction['op']> = Extract<Instruction, { op: T }>;

export const lowOnes = (width: number): bigint => (1n << BigInt(width)) - 1n;

/** The width of a mask of 8, 16 or 32 low ones. */
export function widthOfMask(mask: bigint): 8 | 16 | 32 | undefined {
  return ([8, 16, 32] as const).find((width) => mask === lowOnes(width));
}
