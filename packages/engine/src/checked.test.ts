import type { Instruction } from '@twinpath/ebpf/asm';
import { alu, assemble, atomic, call, exit, imm, ldMap, ldx, mov, reg, st, stx } from '@twinpath/ebpf/asm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from './engine.ts';
import { packet, programText, words } from './test/program-text.ts';

describe('a checked program', () => {
  const engine = new Engine({ bytes: 2 << 20 });
  const values = engine.createMap({ name: 'values', type: 'hash', keySize: 4, valueSize: 12, maxEntries: 4 });
  const fixed = engine.createMap({
    name: 'fixed',
    type: 'array',
    keySize: 4,
    valueSize: 8,
    maxEntries: 1,
    flags: ['read-only-for-programs'],
  });
  values.update(words(1), new Uint8Array(12));
  const run = (text: string) => {
    using program = engine.load(programText(text), { checked: true, maps: { values, fixed }, fuel: 1000 });
    return program.testRun({ data: packet() }).trapped;
  };
  const inValue = (access: string) => `
    *(u32 *)(r10 -4) = 1
    r1 = map[values]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    ${access}
  out:
    r0 = 0
    exit`;
  const inPacket = (access: string) => `r6 = *(u32 *)(r1 +0)\n${access}\nr0 = 0\nexit`;

  it.each([
    ['the last byte of the packet', inPacket('r2 = *(u8 *)(r6 +63)'), false],
    ['what lies behind the packet', inPacket('r2 = *(u8 *)(r6 +64)'), true],
    ['a word across its end', inPacket('r2 = *(u32 *)(r6 +61)'), true],
    ['what lies in front of the packet', inPacket('r2 = *(u8 *)(r6 -1)'), true],
    ['the end of a value', inValue('r1 = *(u32 *)(r0 +8)'), false],
    ['what lies behind a value', inValue('r1 = *(u8 *)(r0 +12)'), true],
    ['the links of a table', inValue('*(u32 *)(r0 -24) = 0'), true],
    ['a field of the context', 'r0 = *(u32 *)(r1 +16)\nexit', false],
    ['a write to the context', '*(u32 *)(r1 +4) = -1\nr0 = 0\nexit', true],
    ['what the engine keeps behind the context', 'r0 = *(u32 *)(r1 +24)\nexit', true],
    ['the own stack', '*(u64 *)(r10 -512) = 1\nr0 = 0\nexit', false],
    ['what lies above the stack', '*(u64 *)(r10 +8) = 1\nr0 = 0\nexit', true],
    ['a pointer with high bits', 'r1 = *(u32 *)(r1 +0)\nr2 = 1\nr2 <<= 32\nr1 += r2\nr0 = *(u8 *)(r1 +0)\nexit', true],
    ['NULL', 'r1 = 0\nr0 = *(u8 *)(r1 +0)\nexit', true],
    ['a loop without end', 'r0 = 0\nagain:\nr0 += 1\ngoto again\nexit', true],
    ['calls without end', 'call again\nexit\nagain:\ncall again\nexit', true],
    [
      'a helper that writes past the stack',
      'r2 = 0\nr3 = r10\nr3 += -4\nr4 = 8\ncall bpf_xdp_load_bytes\nr0 = 0\nexit',
      true,
    ],
  ])('reaches %s: %#', (_, text, trapped) => {
    expect(run(text)).toBe(trapped);
  });

  it('may not write what is read-only', () => {
    const load =
      'r1 = map[fixed]\n*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\nif r0 == 0 goto out\n';
    expect(run(`${load} r1 = *(u32 *)(r0 +0)\nout:\nr0 = 0\nexit`)).toBe(false);
    expect(run(`${load} *(u32 *)(r0 +0) = 1\nout:\nr0 = 0\nexit`)).toBe(true);
  });

  it('lets go of records that it forgot', () => {
    const events = engine.createMap({ name: 'events', type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 });
    const text = 'r1 = map[events]\nr2 = 16\nr3 = 0\ncall bpf_ringbuf_reserve\nr0 = 0\nexit';
    using program = engine.load(programText(text), { checked: true, maps: { events } });
    let records = 0;
    const ring = engine.ringBuffer(events, () => {
      records++;
    });
    for (let round = 0; round < 1000; round++) {
      program.testRun({ data: packet() });
      ring.drain();
    }
    expect([records, ring.available]).toEqual([0, 0]);
  });
});

describe('hostile programs', () => {
  const register = fc.integer({ min: 0, max: 9 });
  const offset = fc.oneof(fc.integer({ min: -600, max: 600 }), fc.integer({ min: -32768, max: 32767 }));
  const number = fc.oneof(fc.integer(), fc.integer({ min: -64, max: 64 }), fc.integer({ min: 0, max: 1 << 20 }));
  const size = fc.constantFrom('u8', 'u16', 'u32', 'u64');
  const base = fc.oneof(register, fc.constant(10));
  const instruction: fc.Arbitrary<Instruction> = fc.oneof(
    fc.tuple(size, register, base, offset).map(([s, dst, src, off]) => ldx(s, dst, src, off)),
    fc.tuple(size, base, offset, register).map(([s, dst, off, src]) => stx(s, dst, off, src)),
    fc.tuple(size, base, offset, number).map(([s, dst, off, value]) => st(s, dst, off, value)),
    fc.tuple(base, offset, register).map(([dst, off, src]) => atomic('atomic_xchg', 'u32', dst, off, src)),
    fc.tuple(register, number).map(([dst, value]) => mov(dst, imm(value))),
    fc.tuple(register, base).map(([dst, src]) => mov(dst, reg(src))),
    fc.tuple(register, number).map(([dst, value]) => alu('add', dst, imm(value))),
    fc.constantFrom(1, 2).map((dst) => ldMap(dst, 'own')),
    fc
      .constantFrom(
        ...['map_lookup_elem', 'map_update_elem', 'map_delete_elem', 'csum_diff', 'ringbuf_output', 'ringbuf_submit'],
        ...['xdp_load_bytes', 'xdp_store_bytes', 'xdp_adjust_head', 'xdp_adjust_tail', 'xdp_adjust_meta'],
        ...['spin_lock', 'fib_lookup', 'check_mtu', 'probe_read_kernel', 'redirect_map', 'tail_call', 'loop'],
      )
      .map((name) => call(name)),
  );

  it('neither end the process nor change what is not theirs', () => {
    const engine = new Engine({ bytes: 1 << 20 });
    const spec = { type: 'hash', keySize: 8, valueSize: 16, maxEntries: 16 } as const;
    const [before, own, behind] = ['before', 'own', 'behind'].map((name) => engine.createMap({ ...spec, name }));
    if (before === undefined || own === undefined || behind === undefined) throw new Error('three maps were made');
    for (const map of [before, behind]) map.update(new Uint8Array(8).fill(7), new Uint8Array(16).fill(8));
    // Room of its own, where the frame of a test run would be: what is compared must not move.
    const { base } = own.geometry;
    const others = () => [
      ...engine.memory.read(before.geometry.base, base - before.geometry.base),
      ...engine.memory.read(behind.geometry.base, 4096),
    ];
    const wanted = others();
    let finished = 0;
    fc.assert(
      fc.property(fc.array(instruction, { minLength: 1, maxLength: 25 }), (body) => {
        const { bytes: code, relocations } = assemble([...body, exit()]);
        const program = { name: 'hostile', type: 'xdp', code, relocations, license: 'Dual MIT/GPL' } as const;
        try {
          using loaded = engine.load(program, { checked: true, maps: { own }, fuel: 500 });
          if (!loaded.testRun({ data: packet() }).trapped) finished++;
        } catch (error) {
          // Refused when it was loaded.
          expect(error).toMatchObject({ name: 'EngineError' });
        }
        own.update(new Uint8Array(8), new Uint8Array(16));
        expect(own.lookup(new Uint8Array(8))).toEqual(new Uint8Array(16));
        own.clear();
      }),
      { numRuns: 1500 },
    );
    expect(others()).toEqual(wanted);
    expect(finished).toBeGreaterThan(50);
  });
});
