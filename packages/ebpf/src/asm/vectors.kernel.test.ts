import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelVersion } from '@twinpath/linux';
import { describe, expect, test } from 'vitest';
import { BpfProgram } from '../programs/program.ts';
import { assemble } from './assemble.ts';
import { label } from './build.ts';
import { readConformanceVector } from './conformance-vector.ts';
import type { Instruction, Label } from './instruction.ts';
import { minimumKernel } from './slot.ts';
import { parseProgram } from './text.ts';
import { VECTORS } from './vectors.ts';

const SHORTEST_PACKET = 64;
const XDP_PASS = 2;

/**
 * Calls the case as a subprogram with a packet as its memory, and puts the 64 bits it returns in front of the packet,
 * because a verdict has 32.
 */
function inXdp(program: readonly (Instruction | Label)[], memoryBytes: number, packetBytes: number) {
  const caller = parseProgram(`
    r6 = r1
    r1 = *(u32 *)(r6 +0)
    r3 = *(u32 *)(r6 +4)
    r4 = r1
    r4 += ${packetBytes}
    if r4 > r3 goto short.packet
    r2 = ${memoryBytes}
    call case.begins
    r1 = *(u32 *)(r6 +0)
    r3 = *(u32 *)(r6 +4)
    r4 = r1
    r4 += 8
    if r4 > r3 goto short.packet
    *(u64 *)(r1 +0) = r0
    r0 = ${XDP_PASS}
    exit
  short.packet:
    r0 = 0
    exit`);
  return [...caller, label('case.begins'), ...program];
}

function run(program: readonly (Instruction | Label)[], memory: Uint8Array): bigint {
  const packet = new Uint8Array(Math.max(SHORTEST_PACKET, memory.length));
  packet.set(memory);
  const { bytes } = assemble(inXdp(program, memory.length, packet.length));
  using loaded = BpfProgram.load({
    name: 'vector',
    type: 'xdp',
    code: bytes,
    relocations: [],
    license: 'Dual MIT/GPL',
  });
  const { retval, data } = loaded.testRun({ data: packet });
  expect(retval).toBe(XDP_PASS);
  return new DataView(data.buffer, data.byteOffset).getBigUint64(0, true);
}

const { major, minor } = kernelVersion();
/** The running kernel is older than an instruction in the program. */
function tooNew(program: readonly (Instruction | Label)[]): boolean {
  return program.some((item) => {
    const [a = 0, b = 0] = item.op === 'label' ? [] : minimumKernel(item).split('.').map(Number);
    return a > major || (a === major && b > minor);
  });
}

describe('the kernel computes what RFC 9669 says', () => {
  const groups = Map.groupBy(
    VECTORS,
    ({ name, program }) => `${name.split(' ')[0]}${tooNew(program) ? ' (skipped: kernel too old)' : ''}`,
  );
  for (const [title, vectors] of groups) {
    test.skipIf(title.includes('skipped'))(title, () => {
      for (const { name, program, memory, result } of vectors) expect(run(program, memory), name).toBe(result);
    });
  }
});

/** Constant shifts of the whole width or more, which other machines mask. */
const REFUSED = /sh(32|64)-imm-(high|neg)\.data$/;
/** A call through a register, which the kernel does not have. */
const UNKNOWN = /^callx\.data$/;

const folder = process.env.TWINPATH_BPF_CONFORMANCE;
const files =
  folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.data') && !UNKNOWN.test(name));
const missing = folder === undefined ? ' (skipped: TWINPATH_BPF_CONFORMANCE names no folder of .data files)' : '';

describe.skipIf(folder === undefined)(`the kernel agrees with bpf_conformance${missing}`, () => {
  test.each(files)('%s', (name) => {
    const { program, memory, result } = readConformanceVector(readFileSync(join(folder ?? '', name), 'utf8'));
    if (REFUSED.test(name)) expect(() => run(program, memory)).toThrow('invalid shift');
    else expect(run(program, memory)).toBe(result);
  });
});
