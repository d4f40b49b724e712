import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountBpffs } from '@twinpath/linux';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { alu, assemble, call, callSub, exit, imm, label, ldFunc, ldx, mov, reg, st, stx } from '../asm/index.ts';
import { BtfBuilder, encodeFuncInfo } from '../btf/index.ts';
import { BpfMap } from '../maps/map.ts';
import { assembleProgram } from '../programs/from-assembly.ts';
import { BpfProgram } from '../programs/program.ts';
import type { MapSpec, ProgramSpec } from '../spec.ts';
import { ElfError, writeObject } from './index.ts';

const pins = '/sys/fs/bpf/tp-elf-test';
const folder = mkdtempSync(join(tmpdir(), 'tp-elf-'));
const file = join(folder, 'test.o');
const run = (command: string, ...operands: string[]) =>
  execFileSync(command, operands, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

beforeAll(() => mountBpffs());
afterEach(() => rmSync(pins, { recursive: true, force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

const state: MapSpec = { name: 'state', type: 'array', keySize: 4, valueSize: 64, maxEntries: 1, flags: ['mmapable'] };
const lru: MapSpec = { name: 'flows.v4', type: 'lru-hash', keySize: 4, valueSize: 8, maxEntries: 100 };
const maps: readonly MapSpec[] = [
  lru,
  { name: 'flows_v4', type: 'lpm-trie', keySize: 8, valueSize: 4, maxEntries: 7 },
  { name: 'events', type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 },
  { name: 'hits', type: 'percpu-array', keySize: 4, valueSize: 16, maxEntries: 3 },
  {
    ...{ name: 'generations', type: 'array-of-maps', keySize: 4, valueSize: 4, maxEntries: 2 },
    inner: { name: 'one', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 10 },
  },
  state,
];

/** Counts the runs in `state`, 8 bytes behind its start, and gives their number if the LRU map has no entry for 5. */
function counting(name: string, type: 'xdp' | 'sched-cls'): ProgramSpec {
  const spec = assembleProgram(
    name,
    type,
    `
    *(u32 *)(r10 -4) = 5
    r2 = r10
    r2 += -4
    r1 = map[flows.v4]
    call bpf_map_lookup_elem
    if r0 != 0 goto out
    r1 = map[state][0]+8
    r0 = *(u64 *)(r1 +0)
    r0 += 1
    *(u64 *)(r1 +0) = r0
out:
    exit`,
  );
  const btf = new BtfBuilder();
  const context = btf.ptr(btf.fwd('xdp_md'));
  const func = btf.func('any', btf.funcProto(btf.int('int', 4, 'signed'), [{ name: 'ctx', type: context }]));
  const file = '/src/count.vnf.ts';
  const lines = btf.lineInfo([
    { slot: 0, file, text: `${name} begins`, line: 3, column: 5 },
    { slot: 7, file, text: 'hits.runs++;', line: 4, column: 3 },
  ]);
  return { ...spec, btf: { types: btf.bytes(), functions: encodeFuncInfo([{ slot: 0, type: func }]), lines } };
}

/** Twice the sum of 0 to 9, by a callback that adds each and a function that doubles. */
function summing(name: string): ProgramSpec {
  const { bytes: code, labels } = assemble([
    ...[
      st('u64', 10, -8, 0),
      mov(1, imm(10)),
      ldFunc(2, 'add'),
      mov(3, reg(10)),
      alu('add', 3, imm(-8)),
      mov(4, imm(0)),
    ],
    ...[call('loop'), ldx('u64', 1, 10, -8), callSub('twice'), exit()],
    ...[label('add'), ldx('u64', 0, 2, 0), alu('add', 0, reg(1)), stx('u64', 2, 0, 0), mov(0, imm(0)), exit()],
    ...[label('twice'), mov(0, reg(1)), alu('add', 0, reg(1)), exit()],
  ]);
  const starts = ['add', 'twice'].map((other) => ({ name: other, slot: labels.get(other) ?? 0 }));
  const btf = new BtfBuilder();
  const word = btf.int('long', 8, 'signed');
  const proto = btf.funcProto(word, [{ name: 'arg', type: btf.ptr(0) }]);
  const entry = { slot: 0, type: btf.func(name, proto) };
  const others = starts.map((one) => ({ slot: one.slot, type: btf.func(one.name, proto) }));
  const sources = new Map([['twice', 'return 2 * sum;']]);
  const lines = btf.lineInfo(
    [{ name, slot: 0 }, ...starts].map((one, index) => ({
      ...{
        slot: one.slot,
        file: '/src/sum.vnf.ts',
        text: sources.get(one.name) ?? one.name,
        line: 7 + index,
        column: 3,
      },
    })),
  );
  return {
    ...{ name, type: 'xdp', code, relocations: [], license: 'Dual MIT/GPL', subprograms: starts },
    btf: { types: btf.bytes(), functions: encodeFuncInfo([entry, ...others]), lines },
  };
}

const programs = [counting('count', 'xdp'), counting('count again', 'xdp'), counting('leaving', 'sched-cls')];
const packet = new Uint8Array(64);

/** Loads an object file through libbpf and prints what each program returns for 64 zero bytes. */
const LOADER = `
#include <stdio.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
int main(int count, char **operands) {
  struct bpf_object *object = bpf_object__open(operands[1]);
  if (!object || bpf_object__load(object)) return 1;
  struct bpf_program *program;
  bpf_object__for_each_program(program, object) {
    char packet[64] = {0};
    LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
    if (bpf_prog_test_run_opts(bpf_program__fd(program), &run)) return 2;
    printf("%s %u\\n", bpf_program__name(program), run.retval);
  }
  bpf_object__close(object);
  return 0;
}`;
const hasLibbpf = existsSync('/usr/include/bpf/libbpf.h');

describe('an object file', () => {
  test.skipIf(!hasLibbpf)(`is loaded by a C program with libbpf${hasLibbpf ? '' : ' (skipped: no libbpf-dev)'}`, () => {
    writeFileSync(file, writeObject({ programs, maps }));
    const loader = join(folder, 'loader');
    writeFileSync(`${loader}.c`, LOADER);
    run('cc', '-o', loader, `${loader}.c`, '-lbpf');
    expect(run(loader, file)).toBe('count 1\ncount_again 2\nleaving 3\n');
  });

  test('is what readelf and llvm-objdump read: code, symbols, relocations', () => {
    writeFileSync(file, writeObject({ programs, maps }));
    expect(run('readelf', '-h', file)).toMatch(/REL \(Relocatable file\)[\s\S]*Linux BPF/);
    const sections = run('readelf', '-SW', file);
    for (const name of ['xdp', '.relxdp', 'tc', '.reltc', '.maps', '.data.state', 'license', '.BTF', '.BTF.ext']) {
      expect(sections).toContain(` ${name} `);
    }
    expect(run('readelf', '-sW', file)).toMatch(/FUNC +GLOBAL DEFAULT +\d+ count_again/);
    const listing = run('llvm-objdump', '-d', '-r', '--mattr=+alu32', file);
    expect(listing).toMatch(/<count_again>:/);
    expect(listing).toMatch(/r1 = 8 ll\s+[0-9a-f]+:\s+R_BPF_64_64\s+state/);
    expect(listing).toMatch(/R_BPF_64_64\s+flows_v4$/m);
  });

  test('is loaded by bpftool, with its maps; programs run as they do when we load them', () => {
    writeFileSync(file, writeObject({ programs, maps }));
    run('bpftool', 'prog', 'loadall', file, pins, 'pinmaps', join(pins, 'maps'));
    const seen = new Map<string, number[]>();
    for (const name of ['count', 'count_again', 'leaving']) {
      using program = BpfProgram.fromPin(join(pins, name));
      seen.set(
        name,
        [1, 2].map(() => program.testRun({ data: packet }).retval),
      );
    }
    using ours = BpfMap.create(state);
    using flows = BpfMap.create(lru);
    const again = programs.map((spec) => {
      using program = BpfProgram.load(spec, { maps: { state: ours, 'flows.v4': flows } });
      return [1, 2].map(() => program.testRun({ data: packet }).retval);
    });
    expect([...seen.values()]).toEqual(again);
    expect(again).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  test('has maps of the shapes that the specs say', () => {
    writeFileSync(file, writeObject({ programs, maps }));
    run('bpftool', 'prog', 'loadall', file, pins, 'pinmaps', join(pins, 'maps'));
    const shapes = maps.map(({ name, type, keySize, valueSize, maxEntries, flags = [] }) => ({
      name,
      type,
      keySize,
      valueSize,
      maxEntries,
      flags,
    }));
    const pinned = ['flows_v4', 'flows_v4_2', 'events', 'hits', 'generations', '_data_state'];
    const found = pinned.map((name, index) => {
      using map = BpfMap.fromPin(join(pins, 'maps', name));
      const { type, keySize, valueSize, maxEntries, flags } = map;
      return { name: maps[index]?.name, type, keySize, valueSize, maxEntries, flags };
    });
    expect(found).toEqual(
      shapes.map((shape) => (shape.type === 'lpm-trie' ? { ...shape, flags: ['no-prealloc'] } : shape)),
    );
  });

  test("tells the kernel functions and the author's lines", () => {
    writeFileSync(file, writeObject({ programs, maps }));
    run('bpftool', 'prog', 'loadall', file, pins);
    const listing = run('bpftool', 'prog', 'dump', 'xlated', 'pinned', join(pins, 'count_again'), 'linum');
    expect(listing).toContain('int count_again(struct xdp_md * ctx):');
    expect(listing).toMatch(/; count again begins \[file:\/src\/count.vnf.ts line_num:3 line_col:5\]/);
    expect(listing).toContain('; hits.runs++; [file:/src/count.vnf.ts line_num:4 line_col:3]');
  });

  test('has functions that programs call in a section of their own, callbacks among them', () => {
    writeFileSync(file, writeObject({ programs: [summing('first'), summing('second')], maps: [] }));
    expect(run('readelf', '-sW', file)).toMatch(/FUNC +GLOBAL DEFAULT +\d+ add/);
    expect(run('llvm-objdump', '-d', '-r', file)).toMatch(/R_BPF_64_32\s+twice/);
    run('bpftool', 'prog', 'loadall', file, pins);
    for (const name of ['first', 'second']) {
      using program = BpfProgram.fromPin(join(pins, name));
      expect(program.testRun({ data: packet }).retval).toBe(90);
    }
    const listing = run('bpftool', 'prog', 'dump', 'xlated', 'pinned', join(pins, 'second'), 'linum');
    expect(listing).toContain('; return 2 * sum; [file:/src/sum.vnf.ts line_num:9 line_col:3]');
  });

  test('is refused where libbpf has no way to say it', () => {
    const direct = (name: string) => assembleProgram('p', 'xdp', `r1 = map[${name}][0]+0\nr0 = 1\nexit`);
    const table: MapSpec = { ...state, maxEntries: 2 };
    expect(() => writeObject({ programs: [direct('state')], maps: [table] })).toThrow(
      'which is no array of one element',
    );
    expect(() => writeObject({ programs: [direct('state')], maps: [] })).toThrow(
      'refers to map "state", which was not given',
    );
    const lookup = assembleProgram('p', 'xdp', 'r1 = map[state]\nr0 = 1\nexit');
    expect(() => writeObject({ programs: [direct('state'), lookup], maps: [state] })).toThrow(
      'both by lookups and without',
    );
    expect(() => writeObject({ programs: [], maps: [] })).toThrow(ElfError);
  });
});
