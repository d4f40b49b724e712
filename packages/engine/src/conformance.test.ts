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

/** Encodings that use what is reserved. The collection's other negative cases are of its assembler. */
const refused =
  folder === undefined ? [] : readdirSync(join(folder, '../negative')).filter((name) => /^unused/.test(name));

describe.skipIf(folder === undefined)(`the engine agrees with bpf_conformance${missing}`, () => {
  test.each(refused)('%s is refused', (name) => {
    const text = readFileSync(join(folder ?? '', '../negative', name), 'utf8');
    const raw = text.slice(text.indexOf('-- raw') + 6, text.indexOf('-- error'));
    const code = Uint8Array.from(raw.match(/\b[0-9a-f]{2}\b/gi) ?? [], (byte) => Number.parseInt(byte, 16));
    const spec = { name, type: 'xdp', code, relocations: [], license: 'Dual MIT/GPL' } as const;
    expect(code.length).toBeGreaterThan(8);
    expect(() => engines['one thread'].load(spec)).toThrow('no instruction has code');
  });

  test.each(files)('%s', (name) => {
    const { program, memory, result } = readConformanceVector(readFileSync(join(folder ?? '', name), 'utf8'));
    for (const checked of [false, true]) expect(run(engines['one thread'], program, memory, checked)).toBe(result);
  });
});
