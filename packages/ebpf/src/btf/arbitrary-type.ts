import * as fc from 'fast-check';
import type { BtfType } from './type.ts';

const u32 = fc.nat(0xffff_ffff);
const id = fc.nat(0xf_ffff);
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
const nameOrNone = fc.oneof(name, fc.constant(''));
const linkage = fc.constantFrom('static', 'global', 'extern');
const few = <T>(part: fc.Arbitrary<T>) => fc.array(part, { maxLength: 4 });

const wholeMember = fc.record({ name: nameOrNone, type: id, bitOffset: u32 });
const bitField = fc.record(
  { name: nameOrNone, type: id, bitOffset: fc.nat(0xff_ffff), bitSize: fc.integer({ min: 1, max: 255 }) },
  { requiredKeys: ['name', 'type', 'bitOffset'] },
);

/** Any type of any kind; ids need not refer to anything. */
export const arbitraryType: fc.Arbitrary<BtfType> = fc.oneof(
  fc.record({
    kind: fc.constant('int'),
    name,
    size: fc.constantFrom(1, 2, 4, 8, 16),
    encoding: fc.constantFrom('unsigned', 'signed', 'char', 'bool'),
    bits: fc.nat(128),
    bitOffset: fc.nat(127),
  }),
  fc.record({ kind: fc.constantFrom('ptr', 'volatile', 'const', 'restrict'), type: id }),
  fc.record({ kind: fc.constant('typedef'), name, type: id }),
  fc.record({ kind: fc.constant('array'), element: id, index: id, count: u32 }),
  fc.record({
    kind: fc.constantFrom('struct', 'union'),
    name: nameOrNone,
    size: u32,
    members: fc.oneof(few(wholeMember), few(bitField)),
  }),
  fc.record({
    kind: fc.constant('enum'),
    name: nameOrNone,
    size: fc.constantFrom(1, 2, 4),
    signed: fc.constant(true),
    values: few(fc.record({ name, value: fc.integer() })),
  }),
  fc.record({
    kind: fc.constant('enum'),
    name: nameOrNone,
    size: fc.constantFrom(1, 2, 4),
    signed: fc.constant(false),
    values: few(fc.record({ name, value: u32 })),
  }),
  fc.record({
    kind: fc.constant('enum64'),
    name: nameOrNone,
    size: fc.constant(8),
    signed: fc.constant(true),
    values: few(fc.record({ name, value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) })),
  }),
  fc.record({
    kind: fc.constant('enum64'),
    name: nameOrNone,
    size: fc.constant(8),
    signed: fc.constant(false),
    values: few(fc.record({ name, value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) })),
  }),
  fc.record({ kind: fc.constant('fwd'), name, of: fc.constantFrom('struct', 'union') }),
  fc.record({ kind: fc.constant('func'), name, proto: id, linkage }),
  fc.record({ kind: fc.constant('func_proto'), returns: id, params: few(fc.record({ name: nameOrNone, type: id })) }),
  fc.record({ kind: fc.constant('var'), name, type: id, linkage }),
  fc.record({
    kind: fc.constant('datasec'),
    name: name.map((text) => `.${text}`),
    size: u32,
    entries: few(fc.record({ type: id, offset: u32, size: u32 })),
  }),
  fc.record({ kind: fc.constant('float'), name, size: fc.constantFrom(2, 4, 8, 16) }),
  fc.record({
    kind: fc.constant('decl_tag'),
    name,
    type: id,
    component: fc.integer({ min: -1, max: 65535 }),
    attribute: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('type_tag'), name, type: id, attribute: fc.boolean() }),
);
