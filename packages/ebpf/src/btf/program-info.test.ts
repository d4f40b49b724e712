import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BtfBuilder } from './builder.ts';
import {
  CORE_RELOCATION_KINDS,
  decodeCoreRelocations,
  decodeFuncInfo,
  decodeLineInfo,
  encodeCoreRelocations,
  encodeFuncInfo,
} from './program-info.ts';
import { readBtf } from './read.ts';
import { StringTable, writeBtf } from './write.ts';

const u32 = fc.nat(0xffff_ffff);
const text = fc.string({ maxLength: 20 }).filter((value) => !value.includes('\0'));

test('line information comes back, with columns beyond 1023 as 1023', () => {
  const line = fc.record({
    slot: u32,
    file: text,
    text,
    line: fc.nat(0x3f_ffff),
    column: fc.nat(5000),
  });
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const btf = new BtfBuilder();
      const bytes = btf.lineInfo(lines);
      const capped = lines.map((one) => ({ ...one, column: Math.min(one.column, 1023) }));
      expect(decodeLineInfo(bytes, readBtf(btf.bytes()))).toEqual(capped);
    }),
  );
});

test('a line record is slot, file, text, and line in the upper 22 of 32 bits', () => {
  const btf = new BtfBuilder();
  const bytes = btf.lineInfo([{ slot: 5, file: 'a.ts', text: 'x', line: 7, column: 3 }]);
  expect(Buffer.from(bytes).toString('hex')).toBe(['05000000', '01000000', '06000000', '031c0000'].join(''));
  expect(() => btf.lineInfo([{ slot: 0, file: 'a.ts', text: '', line: 0x40_0000, column: 1 }])).toThrow('22 bits');
});

test('function information comes back', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ slot: u32, type: u32 })), (functions) => {
      expect(decodeFuncInfo(encodeFuncInfo(functions))).toEqual(functions);
    }),
  );
  expect(() => decodeFuncInfo(new Uint8Array(7))).toThrow('7 bytes are not whole records of 8');
});

test('CO-RE relocations come back', () => {
  const relocation = fc.record({ slot: u32, type: u32, access: text, kind: fc.constantFrom(...CORE_RELOCATION_KINDS) });
  fc.assert(
    fc.property(fc.array(relocation), (relocations) => {
      const strings = new StringTable();
      const bytes = encodeCoreRelocations(relocations, (value) => strings.offset(value));
      expect(decodeCoreRelocations(bytes, readBtf(writeBtf([], strings)))).toEqual(relocations);
    }),
  );
});
