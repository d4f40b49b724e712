import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assemble } from './assemble.ts';
import { readConformanceVector } from './conformance-vector.ts';
import { disassemble } from './disassemble.ts';
import { format, parse } from './text.ts';

/** A call through a register, which the kernel does not have. */
const UNKNOWN = /^callx\.data$/;

const folder = process.env.TWINPATH_BPF_CONFORMANCE;
const files =
  folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.data') && !UNKNOWN.test(name));
const missing = folder === undefined ? ' (skipped: TWINPATH_BPF_CONFORMANCE names no folder of .data files)' : '';

describe.skipIf(folder === undefined)(`bpf_conformance assembles, disassembles and prints${missing}`, () => {
  test('the folder has the collection', () => expect(files.length).toBeGreaterThan(200));

  test.each(files)('%s', (name) => {
    const { program, raw } = readConformanceVector(readFileSync(join(folder ?? '', name), 'utf8'));
    const { bytes } = assemble(program);
    const read = disassemble(bytes);
    expect(assemble(read).bytes).toEqual(bytes);
    expect(read.map((instruction) => parse(format(instruction)))).toEqual(read);
    if (raw.length > 0) expect(Array.from(new BigUint64Array(bytes.slice().buffer))).toEqual(raw);
  });
});

test('a vector is read with its memory, result and encoding', () => {
  const vector = readConformanceVector(
    [
      '# note',
      '-- asm',
      'ldxh %r0, [%r1+2]',
      'jne32 %r0, 0xffffffff, exit # known',
      'lock fetch or32 [%r10-4], %r0',
      'exit',
    ]
      .concat(['-- mem', '01 02', 'ff', '-- raw', '0x95', '-- result', '-1', ''])
      .join('\n'),
  );
  expect(vector.program.map((item) => (item.op === 'label' ? `${item.name}:` : format(item)))).toEqual([
    'r0 = *(u16 *)(r1 +2)',
    'if w0 != 0xffffffff goto exit',
    'r0 = atomic_fetch_or((u32 *)(r10 -4), r0)',
    'exit:',
    'exit',
  ]);
  expect(vector.memory).toEqual(Uint8Array.of(1, 2, 255));
  expect(vector.result).toBe(0xffff_ffff_ffff_ffffn);
  expect(vector.raw).toEqual([0x95n]);
});
