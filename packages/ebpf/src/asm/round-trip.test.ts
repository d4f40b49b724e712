import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryInstruction, arbitraryOf } from './arbitrary-instruction.ts';
import { assemble } from './assemble.ts';
import { disassemble } from './disassemble.ts';
import { ENCODINGS } from './encodings.ts';
import { AssemblerError } from './error.ts';
import { format, parse } from './text.ts';

describe('every form in the instruction table', () => {
  test.each(ENCODINGS.map((encoding) => [encoding.text, encoding] as const))(
    '%s survives bytes and text',
    (_, form) => {
      fc.assert(
        fc.property(arbitraryOf(form), (instruction) => {
          expect(disassemble(assemble([instruction]).bytes)).toEqual([instruction]);
          const text = format(instruction);
          expect(parse(text)).toEqual(instruction);
          expect(format(parse(text))).toBe(text);
        }),
        { numRuns: 20 },
      );
    },
  );
});

test('a program survives bytes, whatever follows what', () => {
  fc.assert(
    fc.property(fc.array(arbitraryInstruction), (program) => {
      expect(disassemble(assemble(program).bytes)).toEqual(program);
    }),
  );
});

test('bytes that disassemble are assembled again to the same bytes, all others are refused', () => {
  const slot = fc
    .tuple(
      fc.constantFrom(...new Set(ENCODINGS.map(({ code }) => code)), 0x8d, 0xff),
      fc.nat(0xff),
      fc.constantFrom(0, 1, 8, 300),
    )
    .map(([code, registers, rest]) =>
      Uint8Array.of(code, registers, rest & 0xff, rest >> 8, rest & 0xff, rest >> 8, 0, 0),
    );
  let read = 0;
  let refused = 0;
  fc.assert(
    fc.property(slot, (bytes) => {
      try {
        expect(assemble(disassemble(bytes)).bytes).toEqual(bytes);
        read++;
      } catch (error) {
        if (!(error instanceof AssemblerError)) throw error;
        refused++;
      }
    }),
    { numRuns: 2000 },
  );
  expect(Math.min(read, refused)).toBeGreaterThan(50);
});

test('instructions are frozen, so that passes can share them', () => {
  fc.assert(
    fc.property(arbitraryInstruction, (instruction) => {
      const copies = [parse(format(instruction)), ...disassemble(assemble([instruction]).bytes)];
      expect(copies.every(Object.isFrozen)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('no two forms share a printed text or an encoding', () => {
  expect(new Set(ENCODINGS.map(({ text }) => text)).size).toBe(ENCODINGS.length);
  const encodings = ENCODINGS.map(({ code, raw, operands }) => JSON.stringify([code, raw, Object.values(operands)]));
  expect(new Set(encodings).size).toBe(ENCODINGS.length);
});
