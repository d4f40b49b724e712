import { expect, test } from 'vitest';
import { changedBytes } from './changed-bytes.ts';

const bytes = (hex: string) => Buffer.from(hex, 'hex');

test.each([
  ['the same packet', '00112233', '00112233', ''],
  ['one byte', '00112233', '00ff2233', '1: 11 → ff'],
  ['two runs', '0011223344', 'aabb2233cc', '0-1: 0011 → aabb, 4: 44 → cc'],
  ['a longer packet', '0011', '001122', '2 → 3 bytes'],
  ['a shorter one that changed', '001122', 'ff11', '3 → 2 bytes, 0: 00 → ff'],
])('%s', (_, before, after, said) => {
  expect(changedBytes(bytes(before), bytes(after))).toBe(said);
});
