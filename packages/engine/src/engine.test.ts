import { describe, expect, it } from 'vitest';
import { Engine } from './engine.ts';
import { contextLayout } from './memory/frame-context.ts';
import { packet, programText, words } from './test/program-text.ts';

const engine = new Engine({ bytes: 4 << 20, cpus: 2, clock: (which) => 1_000_000_007 + which, random: 1 });
const run = (text: string, maps = {}, options = {}) =>
  engine.load(programText(text), { maps, ...options }).testRun({ data: packet(), ...options });

describe('programs of several functions', () => {
  it('call subprograms with a frame of their own', () => {
    const text = `
      *(u32 *)(r10 -4) = 5
      r1 = 7
      r2 = r10
      call add
      r1 = *(u32 *)(r10 -4)
      r0 += r1
      exit
    add:
      *(u32 *)(r10 -4) = 100
      r0 = *(u32 *)(r2 -4)
      r0 += r1
      exit`;
    for (const checked of [false, true]) expect(run(text, {}, { checked }).retval).toBe(17);
  });

  it('go round loops with several entries', () => {
    // The first jump goes into the middle of the loop: no block of it is entered alone.
    const text = `
      r0 = 0
      r2 = 5
      r3 = *(u32 *)(r1 +12)
      if r3 == 1 goto middle
    top:
      r0 += 1
    middle:
      r0 += 10
      r2 += -1
      if r2 != 0 goto top
      exit`;
    expect(run(text).retval).toBe(54);
  });

  it('run callbacks of bpf_loop until one says stop', () => {
    const text = (stop: number) => `
      *(u64 *)(r10 -8) = 0
      r1 = 10
      r2 = subprog[each]
      r3 = r10
      r3 += -8
      r4 = 0
      call bpf_loop
      r1 = *(u64 *)(r10 -8)
      r1 <<= 8
      r0 |= r1
      exit
    each:
      r3 = *(u64 *)(r2 +0)
      r3 += r1
      *(u64 *)(r2 +0) = r3
      r0 = 0
      if r1 != ${stop} goto done
      r0 = 1
    done:
      exit`;
    expect(run(text(99)).retval).toBe((45 << 8) | 10);
    expect(run(text(3), {}, { checked: true }).retval).toBe((6 << 8) | 4);
  });

  it('visit the elements of maps', () => {
    const visited = engine.createMap({ name: 'visited', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 8 });
    for (const key of [3, 5, 9]) visited.update(words(key), words(key * 10, 0));
    const text = `
      *(u64 *)(r10 -8) = 0
      r1 = map[visited]
      r2 = subprog[each]
      r3 = r10
      r3 += -8
      r4 = 0
      call bpf_for_each_map_elem
      r1 = *(u64 *)(r10 -8)
      r1 <<= 8
      r0 |= r1
      exit
    each:
      r1 = *(u32 *)(r2 +0)
      r5 = *(u32 *)(r3 +0)
      r5 += r1
      r1 = *(u64 *)(r4 +0)
      r1 += r5
      *(u64 *)(r4 +0) = r1
      r0 = 0
      exit`;
    for (const checked of [false, true]) expect(run(text, { visited }, { checked }).retval).toBe((187 << 8) | 3);
  });
});

describe('tail calls', () => {
  const programs = engine.createMap({ name: 'programs', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: 4 });
  const tail = (index: number) => `
    r2 = map[programs]
    r3 = ${index}
    call bpf_tail_call
    r0 = 77
    exit`;

  it('go on in the other program, or behind the call if there is none', () => {
    const target = engine.load(programText('r0 = *(u32 *)(r1 +12)\nr0 += 40\nexit'));
    programs.update(words(1), words(target.id));
    expect(run(tail(1), { programs }).retval).toBe(41);
    expect(run(tail(2), { programs }).retval).toBe(77);
    expect(run(tail(9), { programs }).retval).toBe(77);
    programs.delete(words(1));
    expect(run(tail(1), { programs }).retval).toBe(77);
  });

  it('end after 33 of them', () => {
    const counts = engine.createMap({ name: 'counts', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 });
    const again = engine.load(
      programText(`
        r6 = r1
        r1 = map[counts][0]+0
        r2 = *(u64 *)(r1 +0)
        r2 += 1
        *(u64 *)(r1 +0) = r2
        r1 = r6
        ${tail(0)}`),
      { maps: { programs, counts } },
    );
    programs.update(words(0), words(again.id));
    expect(again.testRun({ data: packet() }).retval).toBe(77);
    expect(counts.lookup(words(0))).toEqual(words(34, 0));
  });
});

describe('maps of maps', () => {
  const inner = { name: 'inner', type: 'array', keySize: 4, valueSize: 8, maxEntries: 2 } as const;
  const outer = engine.createMap({
    name: 'outer',
    type: 'hash-of-maps',
    keySize: 4,
    valueSize: 4,
    maxEntries: 4,
    inner,
  });
  const text = `
    *(u32 *)(r10 -4) = 7
    r1 = map[outer]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto none
    *(u32 *)(r10 -4) = 1
    r1 = r0
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto none
    r1 = *(u32 *)(r0 +0)
    r2 = 1
    *(u32 *)(r0 +0) = r2
    r0 = r1
    exit
  none:
    r0 = 99
    exit`;

  it.each([false, true])('lead to the map that is in them now, checked: %s', (checked) => {
    const [first, second] = [engine.createMap(inner), engine.createMap(inner)];
    first.update(words(1), words(11, 0));
    second.update(words(1), words(22, 0));
    using program = engine.load(programText(text), { maps: { outer }, checked });
    outer.delete(words(7));
    expect(program.testRun({ data: packet() }).retval).toBe(99);
    outer.update(words(7), words(first.id));
    expect(program.testRun({ data: packet() }).retval).toBe(11);
    outer.update(words(7), words(second.id));
    expect(program.testRun({ data: packet() })).toMatchObject({ retval: 22, trapped: false });
    expect(second.lookup(words(1))).toEqual(words(1, 0));
  });
});

describe('redirects', () => {
  it('through a map say which entry, or what to do without one', () => {
    const ports = engine.createMap({ name: 'ports', type: 'devmap', keySize: 4, valueSize: 4, maxEntries: 4 });
    ports.update(words(2), words(31));
    const text = (key: number, flags: number) =>
      `r1 = map[ports]\nr2 = ${key}\nr3 = ${flags}\ncall bpf_redirect_map\nexit`;
    expect(run(text(2, 0), { ports })).toMatchObject({
      retval: 4,
      redirect: { kind: 'entry', target: 31, key: 2, map: ports.id, flags: 0 },
    });
    expect(run(text(3, 2), { ports })).toMatchObject({ retval: 2, redirect: undefined });
    expect(run(text(3, 8 | 16), { ports })).toMatchObject({ retval: 4, redirect: { kind: 'broadcast', flags: 24 } });
    expect(run(text(3, 64), { ports })).toMatchObject({ retval: 0, redirect: undefined });
  });

  it('to an interface are those of the hook', () => {
    const text = (flags: number) => `r1 = 5\nr2 = ${flags}\ncall bpf_redirect\nexit`;
    expect(run(text(0))).toMatchObject({ retval: 4, redirect: { kind: 'interface', target: 5 } });
    expect(run(text(1))).toMatchObject({ retval: 0, redirect: undefined });
    const tc = engine.load(programText(text(1), 'sched-cls')).testRun({ data: packet() });
    expect(tc).toMatchObject({ retval: 7, redirect: { kind: 'interface', target: 5, flags: 1 } });
  });
});

describe('bursts', () => {
  it('are one call; frames that stop their program do not stop the others', () => {
    const traps: string[] = [];
    const own = new Engine({ bytes: 1 << 20, onTrap: ({ reason, slot }) => traps.push(`${reason} at ${slot}`) });
    const text = `
      r2 = *(u32 *)(r1 +0)
      r0 = *(u8 *)(r2 +0)
      if r0 != 2 goto out
      r0 = *(u64 *)(r2 +60)
    out:
      exit`;
    const program = own.load(programText(text), { checked: true });
    const { stride, data, dataMeta, dataEnd, verdict, trapped } = contextLayout.xdp;
    const contexts = own.allocate(4 * stride, 'contexts');
    const frames = own.allocate(4 * 64, 'frames');
    for (let index = 0; index < 4; index++) {
      own.memory.bytes[frames + 64 * index] = index + 1;
      for (const field of [data, dataMeta]) own.memory.setU32(contexts + index * stride + field, frames + 64 * index);
      own.memory.setU32(contexts + index * stride + dataEnd, frames + 64 * index + 64);
    }
    program.run(contexts, 4);
    const field = (offset: number) =>
      [0, 1, 2, 3].map((index) => own.memory.getU32(contexts + index * stride + offset));
    expect(field(verdict)).toEqual([1, 0, 3, 4]);
    expect(field(trapped)).toEqual([0, 1, 0, 0]);
    expect(traps).toEqual(['access outside of packet, stack, map values and context at 3']);
    expect(program.traps).toBe(1);
  });

  it('are refused what the engine does not have, by name and place', () => {
    expect(() => engine.load(programText('call bpf_trace_printk\nexit'))).toThrow(
      'program "test", slot 0: the engine has no helper trace_printk',
    );
    expect(() => engine.load(programText('call bpf_skb_vlan_pop\nexit'))).toThrow('in a program for xdp');
    expect(() => engine.load(programText('r1 = map[none]\nexit'))).toThrow('map "none", which was not given');
    expect(() => engine.load(programText('r0 = 0'))).toThrow('runs past its end');
  });
});

describe('clocks and numbers', () => {
  it('come from the options, whole', () => {
    expect(run('call bpf_ktime_get_ns\nexit').retval).toBe(1_000_000_007);
    expect(run('call bpf_ktime_get_coarse_ns\nexit').retval).toBe(1_000_000_007);
    expect(run('call bpf_ktime_get_tai_ns\nexit').retval).toBe(1_000_000_008);
    expect(run('call bpf_get_smp_processor_id\nexit').retval).toBe(0);
    expect(run('call bpf_get_prandom_u32\nexit').retval).toBe(270369);
  });
});
