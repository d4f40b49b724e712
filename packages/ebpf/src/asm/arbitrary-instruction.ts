import * as fc from 'fast-check';
import { ENCODINGS, type Encoding } from './encodings.ts';
import type { Instruction } from './instruction.ts';
import { instructionFrom } from './slot.ts';

const register = fc.integer({ min: 0, max: 10 });
const fields = {
  dst: register,
  src: register,
  off: fc.integer({ min: -0x8000, max: 0x7fff }),
  imm: fc.integer(),
  next: fc.integer({ min: 0, max: 0xffff_ffff }),
  imm64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
} as const;

/** Any instruction of one form of the table, without symbols. */
export function arbitraryOf({ op, form, operands }: Encoding): fc.Arbitrary<Instruction> {
  const values = Object.fromEntries(Object.entries(operands).map(([name, field]) => [name, fields[field]]));
  return fc
    .record<Record<string, number | bigint>>(values)
    .map((chosen) => instructionFrom({ op, ...form, ...chosen }));
}

/** Any instruction at all, every form as likely. */
export const arbitraryInstruction = fc.constantFrom(...ENCODINGS).chain(arbitraryOf);
