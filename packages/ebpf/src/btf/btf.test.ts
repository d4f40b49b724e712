import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryType } from './arbitrary-type.ts';
import { BtfBuilder } from './builder.ts';
import { BtfError } from './error.ts';
import { readBtf } from './read.ts';
import { KINDS } from './type.ts';
import { writeBtf } from './write.ts';

describe('BTF round trip', () => {
  test('any types are read back as they were written', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(arbitraryType), (types) => {
        for (const { kind } of types) seen.add(kind);
        const btf = readBtf(writeBtf(types));
        expect([...btf.types()]).toEqual(types);
        expect(btf.length).toBe(types.length + 1);
        types.forEach((type, index) => {
          if (!('name' in type) || type.name === '') return;
          expect(btf.named(type.name)).toContain(index + 1);
          expect(btf.type(btf.find(type.kind, type.name) ?? 0)).toMatchObject({ kind: type.kind, name: type.name });
        });
      }),
      { numRuns: 300 },
    );
    expect([...seen].sort()).toEqual([...KINDS].sort());
  });

  test('a module continues the ids and strings of its base', () => {
    const int = { kind: 'int', name: 'kernel_int', size: 4, encoding: 'signed', bits: 32, bitOffset: 0 } as const;
    const base = readBtf(writeBtf([int]));
    const own = writeBtf([
      { kind: 'typedef', name: 'replaced', type: 1 },
      { kind: 'ptr', type: 2 },
    ]).slice();
    new DataView(own.buffer).setUint32(24, 1, true); // name of the typedef: the base's string at offset 1
    const btf = readBtf(own, base);
    expect([0, 1, 2].map((index) => btf.type(index + 1))).toEqual([
      int,
      { kind: 'typedef', name: 'kernel_int', type: 1 },
      { kind: 'ptr', type: 2 },
    ]);
    expect(btf.named('kernel_int')).toEqual([1, 2]);
    expect(btf.find('typedef', 'kernel_int')).toBe(2);
    expect([...btf.types()].length).toBe(2);
    expect(btf.length).toBe(4);
    expect(() => btf.type(4)).toThrow('there is no type 4');
  });

  test('any prefix of a BTF and any other bytes are refused with a BtfError, never misread', () => {
    const whole = writeBtf([{ kind: 'fwd', name: 'sk_buff', of: 'struct' }]);
    for (let length = 0; length < whole.length; length++) {
      expect(() => readBtf(whole.subarray(0, length))).toThrow(BtfError);
    }
    const unknown = whole.slice();
    unknown[24 + 7] = 31;
    expect(() => readBtf(unknown)).toThrow('BTF kind 31 is unknown');
  });
});

// The bytes follow Documentation/bpf/btf.rst field by field.
test('a structure of two words has the documented bytes', () => {
  const btf = new BtfBuilder();
  const u32 = btf.int('u32', 4);
  btf.struct('pair', 8, [
    { name: 'a', type: u32, bitOffset: 0 },
    { name: 'b', type: u32, bitOffset: 32 },
  ]);
  const words = [
    [0x0001_eb9f, 24, 0, 52, 52, 14], // magic, version, flags; header, type offset and length, string offset and length
    [1, 0x0100_0000, 4, 0x20], // int u32, 32 bits
    [5, 0x0400_0002, 8], // struct with two members
    [10, 1, 0],
    [12, 1, 32],
  ].flat();
  const expected = Buffer.alloc(words.length * 4);
  words.forEach((word, index) => {
    expected.writeUInt32LE(word, index * 4);
  });
  expect(Buffer.from(btf.bytes())).toEqual(Buffer.concat([expected, Buffer.from('\0u32\0pair\0a\0b\0')]));
});

describe('BtfBuilder', () => {
  test('gives identical types the same id and stores a string once', () => {
    const btf = new BtfBuilder();
    const u64 = btf.int('u64', 8);
    expect(btf.int('u64', 8)).toBe(u64);
    expect(btf.int('u64', 8, 'signed')).not.toBe(u64);
    const members = [{ name: 'u64', type: u64, bitOffset: 0 }];
    expect(btf.struct('u64', 8, members)).toBe(btf.struct('u64', 8, [...members]));
    expect(btf.enum64('big', { A: 2n ** 63n })).toBe(btf.enum64('big', { A: 2n ** 63n }));
    expect(btf.enum64('big', { A: 2n ** 62n })).toBe(btf.enum64('big', { A: 2n ** 63n }) + 1);
    const text = Buffer.from(btf.bytes()).toString('latin1');
    expect(text.split('\0u64\0').length).toBe(2);
  });

  test('describes a program with functions, globals and tags', () => {
    const btf = new BtfBuilder();
    const int = btf.int('int', 4, 'signed');
    const context = btf.ptr(btf.struct('xdp_md', 0, []));
    const main = btf.func('firewall', btf.funcProto(int, [{ name: 'ctx', type: context }]), 'global');
    const global = btf.var('hits', btf.volatile(btf.const(btf.restrict(btf.array(int, 4)))));
    btf.datasec('.bss', 16, [{ type: global, offset: 0, size: 16 }]);
    btf.typedef('number', btf.float('double', 8));
    btf.declTag('entry', main, 0);
    btf.ptr(btf.typeTag('rcu', btf.fwd('task')));
    btf.union('either', 4, [{ name: 'low', type: int, bitOffset: 0, bitSize: 3 }]);
    btf.enum('verdict', { DROP: -1, PASS: 2 });
    const read = readBtf(btf.bytes());
    expect([...read.types()].map(({ kind }) => kind)).toEqual([
      ...[
        'int',
        'struct',
        'ptr',
        'func_proto',
        'func',
        'int',
        'array',
        'restrict',
        'const',
        'volatile',
        'var',
        'datasec',
      ],
      ...['float', 'typedef', 'decl_tag', 'fwd', 'type_tag', 'ptr', 'union', 'enum'],
    ]);
    expect(read.type(main)).toEqual({ kind: 'func', name: 'firewall', proto: main - 1, linkage: 'global' });
    expect(read.type(read.find('enum', 'verdict') ?? 0)).toMatchObject({
      signed: true,
      values: [{ value: -1 }, { value: 2 }],
    });
  });

  test.each<[string, (btf: BtfBuilder) => unknown]>([
    ['"fast$1" cannot be a name in func "fast$1"', (btf) => btf.func('fast$1', 1)],
    ['"" cannot be a name in func', (btf) => btf.func('', 1)],
    ['"" cannot be a name in int', (btf) => btf.int('', 4)],
    ['"x-y" cannot be a name in struct "s"', (btf) => btf.struct('s', 4, [{ name: 'x-y', type: 1, bitOffset: 0 }])],
    ['"1" cannot be a name in enum', (btf) => btf.enum('', { '1': 1 })],
    ['"a b" cannot be a name in func_proto', (btf) => btf.funcProto(0, [{ name: 'a b', type: 1 }])],
    ['cannot be a name in typedef', (btf) => btf.typedef('n'.repeat(128), 1)],
  ])('refuses what the kernel would: %s', (message, build) => {
    expect(() => build(new BtfBuilder())).toThrow(message);
  });

  test('refuses numbers that do not fit their field', () => {
    const int = (size: number) => [{ kind: 'float', name: 'f', size } as const];
    expect(() => writeBtf(int(2 ** 32))).toThrow('float "f" has a number that is no 32-bit integer');
    expect(() => writeBtf(int(0.5))).toThrow(BtfError);
    const far = [{ name: 'far', type: 1, bitOffset: 0x100_0000, bitSize: 1 }];
    expect(() => writeBtf([{ kind: 'struct', name: '', size: 1, members: far }])).toThrow(
      'member "far" of a nameless struct',
    );
    const params = Array.from({ length: 0x1_0000 }, () => ({ name: '', type: 1 }));
    expect(() => writeBtf([{ kind: 'func_proto', returns: 0, params }])).toThrow('has 65536 parts');
  });
});
