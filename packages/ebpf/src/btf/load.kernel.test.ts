import { expect, test } from 'vitest';
import { assemble } from '../asm/assemble.ts';
import { parseProgram } from '../asm/text.ts';
import { loadBtf } from '../programs/kernel-btf.ts';
import { BpfProgram } from '../programs/program.ts';
import { BtfBuilder } from './builder.ts';
import { encodeFuncInfo, type LineInfo } from './program-info.ts';

test('the kernel takes every kind of type that the builder makes', () => {
  const btf = new BtfBuilder();
  const int = btf.int('int', 4, 'signed');
  const context = btf.ptr(
    btf.struct('context', 8, [
      { name: 'low', type: int, bitOffset: 0, bitSize: 3 },
      { name: 'rest', type: int, bitOffset: 32 },
    ]),
  );
  const main = btf.func('main', btf.funcProto(int, [{ name: 'ctx', type: context }]), 'global');
  const numbers = btf.array(btf.int('char', 1, 'char'), 4);
  const global = btf.var('hits', btf.volatile(btf.const(numbers)));
  btf.datasec('.bss', 4, [{ type: global, offset: 0, size: 4 }]);
  btf.typedef('number', btf.float('double', 8));
  btf.typedef('flag', btf.int('_Bool', 1, 'bool'));
  btf.declTag('entry', main, 0);
  btf.ptr(btf.typeTag('rcu', btf.restrict(btf.ptr(btf.fwd('task', 'union')))));
  btf.union('either', 4, [{ name: '', type: int, bitOffset: 0 }]);
  btf.enum('verdict', { DROP: -1, PASS: 2 });
  btf.enum64('wide', { MANY: 2n ** 63n });
  using fd = loadBtf(btf.bytes(), 'test');
  expect(fd.number).toBeGreaterThan(0);
});

const program = parseProgram(`
  call answer
  exit
answer:
  r1 = 0x1122334455667788 ll
  r0 = 2
  exit`);

function load(lines: readonly Omit<LineInfo, 'file'>[]): void {
  const { bytes, labels } = assemble(program);
  const btf = new BtfBuilder();
  const int = btf.int('int', 4, 'signed');
  const main = btf.func('main', btf.funcProto(int, [{ name: 'ctx', type: btf.ptr(0) }]), 'global');
  const answer = btf.func('answer', btf.funcProto(int, []), 'static');
  const functions = encodeFuncInfo([
    { slot: 0, type: main },
    { slot: labels.get('answer') ?? 0, type: answer },
  ]);
  const lineInfo = btf.lineInfo(lines.map((line) => ({ ...line, file: '/src/firewall.vnf.ts' })));
  using loaded = BpfProgram.load({
    name: 'lines',
    type: 'xdp',
    code: bytes,
    relocations: [],
    license: 'Dual MIT/GPL',
    btf: { types: btf.bytes(), functions, lines: lineInfo },
  });
  expect(loaded.info().btfId).toBeGreaterThan(0);
}

test('a program loads with functions and source lines', () => {
  load([
    { slot: 0, text: 'return answer();', line: 3, column: 10 },
    { slot: 2, text: 'const answer = () => {', line: 7, column: 2000 },
    { slot: 4, text: 'return 2;', line: 8, column: 3 },
  ]);
});

test('the kernel wants a line at the start of each function, in order, and never in the second half of a wide load', () => {
  const line = { text: 'x', line: 1, column: 1 };
  const loading =
    (...slots: number[]) =>
    () =>
      load(slots.map((slot) => ({ ...line, slot })));
  expect(loading(0)).toThrow('missing bpf_line_info for 1 funcs');
  expect(loading(0, 2, 5, 4)).toThrow('line_info[3].insn_off');
  expect(loading(0, 2, 3)).toThrow('Invalid insn code at line_info[2].insn_off');
});
