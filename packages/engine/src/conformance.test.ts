import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProgramSpec } from '@twinpath/ebpf';
import { assemble, type Instruction, type Label, label, parseProgram } from '@twinpath/ebpf/asm';
import { readConformanceVector, VECTORS } from '@twinpath/ebpf/conformance';
import { describe, expect, test } from 'vitest';
import { Engine } from './engine.ts';

const XDP_PASS = 2;
const SHORTEST_PACKET = 64;

/**
 * Calls the case as a subprogram with a packet as its memory, and puts the 64 bits it returns in front of the packet,
 * because a verdict has 32.
 */
function inXdp(program: readonly (Instruction | Label)[], memoryBytes: number): ProgramSpec {
  const caller = parseProgram(`
    r6 = r1
    r1 = *(u32 *)(r6 +0)
    r2 = ${memoryBytes}
    call case.begins
    r1 = *(u32 *)(r6 +0)
    *(u64 *)(r1 +0) = r0
    r0 = ${XDP_PASS}
    exit`);
  const { bytes } = assemble([...caller, label('case.begins'), ...program]);
  return { name: 'vector', type: 'xdp', code: bytes, relocations: [], license: 'Dual MIT/GPL' };
}

function run(engine: Engine, program: readonly (Instruction | Label)[], memory: Uint8Array, checked: boolean): bigint {
  const packet = new Uint8Array(Math.max(SHORTEST_PACKET, memory.length));
  packet.set(memory);
  using loaded = engine.load(inXdp(program, memory.length), { checked });
  const { retval, data, trapped } = loaded.testRun({ data: packet });
  expect({ retval, trapped }).toEqual({ retval: XDP_PASS, trapped: false });
  return new DataView(data.buffer, data.byteOffset).getBigUint64(0, true);
}

const engines = {
  'one thread': new Engine({ bytes: 1 << 20 }),
  'shared memory': new Engine({ bytes: 1 << 20, shared: true }),
};

describe.each(Object.entries(engines))('the engine computes what RFC 9669 says, %s', (_, engine) => {
  for (const [title, vectors] of Map.groupBy(VECTORS, ({ name }) => name.split(' ')[0] ?? '')) {
    test(title, () => {
      for (const { name, program, memory, result } of vectors) {
        for (const checked of [false, true]) expect(run(engine, program, memory, checked), name).toBe(result);
      }
    });
  }
});

/** A call through a register, which the kernel does not have. */
const UNKNOWN = /^callx\.data$/;
const folder = process.env.TWINPATH_BPF_CONFORMANCE;
const files =
  folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.data') && !UNKNOWN.test(name));
const missing = folder === undefined ? ' (skipped: TWINPATH_BPF_CONFORMANCE names no folder of .data files)' : '';

describe.skipIf(folder === undefined)(`the engine agrees with bpf_conformance${missing}`, () => {
  test.each(files)('%s', (name) => {
    const { program, memory, result } = readConformanceVector(readFileSync(join(folder ?? '', name), 'utf8'));
    for (const checked of [false, true]) expect(run(engines['one thread'], program, memory, checked)).toBe(result);
  });
});
