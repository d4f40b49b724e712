import { describe, expect, test } from 'vitest';
import { assemble } from './assemble.ts';
import { call, exit, imm, jmp, label, ldImm64, ldMap, ldMapValue, mov } from './build.ts';
import { disassemble } from './disassemble.ts';
import { helperMinimumKernel } from './helper-ids.ts';
import { minimumKernel } from './slot.ts';
import { format, parse, parseProgram } from './text.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

// Bytes worked out by hand from RFC 9669 sections 3 to 5 and from the kernel's uapi header.
describe('text and bytes agree with RFC 9669', () => {
  test.each([
    ['r0 = 1', 'b700000001000000'],
    ['w3 += -1', '04030000ffffffff'],
    ['r1 = r10', 'bfa1000000000000'],
    ['r2 s>>= 32', 'c702000020000000'],
    ['r4 s/= r5', '3f54010000000000'],
    ['w4 s%= 7', '9404010007000000'],
    ['r6 = -r6', '8706000000000000'],
    ['r1 = (s16)r2', 'bf21100000000000'],
    ['w1 = (s8)w2', 'bc21080000000000'],
    ['r0 = be16 r0', 'dc00000010000000'],
    ['r0 = le64 r0', 'd400000040000000'],
    ['r0 = bswap32 r0', 'd700000020000000'],
    ['r0 = *(u16 *)(r4 +12)', '69400c0000000000'],
    ['r0 = *(s32 *)(r4 -4)', '8140fcff00000000'],
    ['*(u8 *)(r1 +0) = 5', '7201000005000000'],
    ['*(u64 *)(r10 -8) = r1', '7b1af8ff00000000'],
    ['lock *(u64 *)(r10 -8) += r1', 'db1af8ff00000000'],
    ['r1 = atomic_fetch_or((u32 *)(r10 -8), r1)', 'c31af8ff41000000'],
    ['r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r1)', 'db1af8fff1000000'],
    ['r2 = load_acquire((u8 *)(r1 +1))', 'd312010000010000'],
    ['store_release((u16 *)(r1 +2), r3)', 'cb31020010010000'],
    ['r0 = *(u16 *)skb[12]', '280000000c000000'],
    ['r0 = *(u8 *)skb[r7 + 3]', '5070000003000000'],
    ['r1 = 0x1122334455667788 ll', '18010000887766550000000044332211'],
    ['r1 = map[fd:7]', '18110000070000000000000000000000'],
    ['r1 = map[fd:7][0]+16', '18210000070000000000000010000000'],
    ['if w2 != 0x8 goto +3', '5602030008000000'],
    ['if r1 s< 0xffffffff goto -1', 'c501ffffffffffff'],
    ['if r1 & r2 goto +0', '4d21000000000000'],
    ['goto -2', '0500feff00000000'],
    ['gotol +70000', '0600000070110100'],
    ['may_goto +5', 'e500050000000000'],
    ['call bpf_map_lookup_elem#1', '8500000001000000'],
    ['call +4', '8510000004000000'],
    ['call kfunc[id:300,fd:0]', '852000002c010000'],
    ['exit', '9500000000000000'],
  ])('%s is %s', (text, bytes) => {
    expect(hex(assemble([parse(text)]).bytes)).toBe(bytes);
    expect(disassemble(Buffer.from(bytes, 'hex')).map(format)).toEqual([text]);
  });
});

test('text as the kernel, bpftool and LLVM print it is read too', () => {
  expect(parse('   5: (55) if r0 != 0x0 goto pc+3')).toEqual(jmp('jne', 0, imm(0), 3));
  expect(parse('17: (85) call bpf_map_lookup_elem#1')).toEqual(call('map_lookup_elem'));
  expect(parse('w0 = 0xffffffff')).toEqual(mov(0, imm(-1), 32));
  expect(format(parse('*(u32 *)(r10 - 4) = r1'))).toBe('*(u32 *)(r10 -4) = r1');
  expect(parse('r1=0x10 ll')).toEqual(ldImm64(1, 16n));
});

test('a program has labels, map names and comments', () => {
  const program = parseProgram(`
    r1 = map[flows]       ; the table
    r2 = map[state][0]+8
    call bpf_map_lookup_elem
    if r0 == 0 goto out   // nothing known
  out:
    exit`);
  expect(program).toEqual([
    ldMap(1, 'flows'),
    ldMapValue(2, 'state', 8),
    call(1),
    jmp('jeq', 0, imm(0), 'out'),
    label('out'),
    exit(),
  ]);
});

test.each([
  ['r1 = r11x', '"r1 = r11x" is not an instruction'],
  ['r1 = -r2', 'is not an instruction'],
  ['call bpf_no_such_helper', 'names no kernel helper'],
  ['call bpf_map_lookup_elem#2', 'names no kernel helper'],
])('%s is refused', (text, message) => {
  expect(() => parse(text)).toThrow(message);
  expect(() => parseProgram(`exit\n${text}`)).toThrow('line 2: ');
});

test('instructions and helpers know their first kernel', () => {
  expect(
    ['r0 = 1', 'if w1 > 0x1 goto +1', 'r1 s/= 2', 'may_goto +1'].map((text) => minimumKernel(parse(text))),
  ).toEqual(['3.18', '5.1', '6.6', '6.9']);
  expect([0, 1, 44, 65, 131, 181, 211, 212].map(helperMinimumKernel)).toEqual([
    undefined,
    '3.19',
    '4.10',
    '4.18',
    '5.8',
    '5.17',
    '6.2',
    undefined,
  ]);
  expect(() => call('no_such_helper')).toThrow('no kernel has a helper "no_such_helper"');
});
