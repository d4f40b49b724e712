import { describe, expect, it } from 'vitest';
import { ProgramBuilder } from '../../ir/builder.ts';
import { printProgram } from '../../ir/print.ts';
import type { BlockId, ValueId } from '../../ir/types.ts';
import { cleanup } from '../cleanup.ts';
import { untilStable } from '../pass.ts';
import { simplify } from './simplify.ts';

type Alu = Parameters<ProgramBuilder['alu']>[1];
type Relation = Parameters<ProgramBuilder['compare']>[1];

/** Shorthand for expressions on the packet's first bytes. */
class Expressions {
  readonly #b: ProgramBuilder;
  readonly #block: BlockId;
  readonly #packet: ValueId;

  constructor(b: ProgramBuilder, block: BlockId, packet: ValueId) {
    this.#b = b;
    this.#block = block;
    this.#packet = packet;
  }
  number = (value: number | bigint): ValueId => this.#b.constant(this.#block, BigInt(value));
  load = (width: 8 | 16 | 32 | 64, offset = 0): ValueId => this.#b.load(this.#block, this.#packet, offset, width);
  alu = (operation: Alu, left: ValueId, right: ValueId): ValueId => this.#b.alu(this.#block, operation, left, right);
  compare = (relation: Relation, left: ValueId, right: ValueId): ValueId =>
    this.#b.compare(this.#block, relation, left, right);
  swap = (value: ValueId, width: 16 | 32 | 64): ValueId => this.#b.swap(this.#block, value, width);
  truncate = (value: ValueId, width: 8 | 16 | 32): ValueId => this.#b.truncate(this.#block, value, width);
}

/** What is computed for the verdict, without loads and constants; constants are shown where they are read. */
function simplified(make: (e: Expressions) => ValueId): readonly string[] {
  const b = new ProgramBuilder('expression', 'xdp');
  const [then, otherwise] = [b.block(), b.block()];
  const packet = b.packetStart(b.entry, 0);
  b.terminate(b.entry, { op: 'in-packet', pointer: packet, size: 64, epoch: 0, then, otherwise });
  b.terminate(then, { op: 'return', value: make(new Expressions(b, then, packet)) });
  b.terminate(otherwise, { op: 'return', value: packetless(b, otherwise) });
  const program = untilStable([simplify, cleanup])(cleanup(b.finish()));
  const constants = new Map<string, string>();
  const names = new Map<string, string>();
  const lines: string[] = [];
  for (const line of printProgram(program)
    .split('\n')
    .map((text) => text.trim())) {
    const [, name, expression] = /^(v\d+): \S+ = (.*)$/.exec(line) ?? [];
    if (name === undefined || expression === undefined) {
      if (line.startsWith('return')) lines.push(line);
    } else if (expression.startsWith('constant')) constants.set(name, expression.replace('constant ', ''));
    else if (expression.startsWith('load')) names.set(name, expression.replace(/ v\d+/, '').replaceAll(' ', ''));
    else {
      names.set(name, `(${expression})`);
    }
  }
  const shown = (text: string): string => {
    const next = text.replace(/v\d+/g, (name) => constants.get(name) ?? names.get(name) ?? name);
    return next === text ? text : shown(next);
  };
  return lines.map(shown).filter((line) => line !== 'return 77');
}

const packetless = (b: ProgramBuilder, block: BlockId): ValueId => b.constant(block, 77n);
const one = (make: (e: Expressions) => ValueId): string => simplified(make).join(' / ');

describe('simplify', () => {
  it('computes constants', () => {
    expect(one((e) => e.alu('mul', e.number(6), e.alu('add', e.number(3), e.number(4))))).toBe('return 42');
    expect(one((e) => e.alu('div', e.number(6), e.number(0)))).toBe('return 0');
    expect(one((e) => e.alu('mod', e.number(6), e.number(0)))).toBe('return 6');
  });

  it('leaves out what changes nothing', () => {
    expect(one((e) => e.alu('add', e.load(8), e.number(0)))).toBe('return load8');
    expect(one((e) => e.alu('and', e.load(8), e.number(0xff)))).toBe('return load8');
    expect(one((e) => e.truncate(e.load(16), 32))).toBe('return load16');
  });

  it('cancels a swap of a swap', () => {
    expect(one((e) => e.swap(e.swap(e.load(16), 16), 16))).toBe('return load16');
    expect(one((e) => e.swap(e.swap(e.load(64), 32), 32))).toBe('return (truncate32 load64)');
  });

  it('swaps the constant that a field is compared with, and the mask in front of that', () => {
    expect(one((e) => e.compare('eq', e.swap(e.load(16), 16), e.number(0x0800)))).toBe('return (eq load16, 8)');
    expect(one((e) => e.compare('eq', e.swap(e.load(16), 16), e.number(0x10000)))).toBe('return 0');
    expect(one((e) => e.compare('ne', e.alu('and', e.swap(e.load(16), 16), e.number(0x3fff)), e.number(0)))).toBe(
      'return (ne (and load16, 65343), 0)',
    );
  });

  it('joins chains of constants', () => {
    expect(one((e) => e.alu('add', e.alu('sub', e.load(8), e.number(4)), e.number(9)))).toBe('return (add load8, 5)');
    expect(one((e) => e.alu('shr', e.alu('shr', e.load(64), e.number(8)), e.number(4)))).toBe(
      'return (shr load64, 12)',
    );
    expect(one((e) => e.compare('eq', e.alu('add', e.load(8), e.number(4)), e.number(9)))).toBe('return (eq load8, 5)');
  });

  it('decides comparisons by bounds', () => {
    expect(
      one((e) => e.compare('ult', e.alu('shl', e.alu('and', e.load(8), e.number(15)), e.number(2)), e.number(61))),
    ).toBe('return 1');
    expect(one((e) => e.compare('slt', e.load(8), e.number(61)))).toBe('return (ult load8, 61)');
    expect(one((e) => e.compare('slt', e.load(64), e.number(61)))).toBe('return (slt load64, 61)');
  });

  it('turns a test of a test round', () => {
    expect(one((e) => e.compare('eq', e.compare('ult', e.load(8), e.number(9)), e.number(0)))).toBe(
      'return (uge load8, 9)',
    );
  });

  it('masks once what is cut off anyway', () => {
    expect(one((e) => e.truncate(e.alu('add', e.truncate(e.load(64), 32), e.number(1)), 16))).toBe(
      'return (truncate16 (add load64, 1))',
    );
  });

  it('makes shifts and masks of powers of two, unsigned', () => {
    expect(one((e) => e.alu('mul', e.load(64), e.number(8)))).toBe('return (shl load64, 3)');
    expect(one((e) => e.alu('div', e.load(64), e.number(8)))).toBe('return (shr load64, 3)');
    expect(one((e) => e.alu('mod', e.load(64), e.number(8)))).toBe('return (and load64, 7)');
    expect(one((e) => e.alu('div', e.load(64), e.number(7)))).toBe('return (div load64, 7)');
  });

  it('tests bits where they are', () => {
    const shifted = (e: Expressions) => e.alu('and', e.alu('shr', e.load(8), e.number(4)), e.number(3));
    expect(one((e) => e.compare('eq', shifted(e), e.number(2)))).toBe('return (eq (and load8, 48), 32)');
    expect(one((e) => e.compare('eq', shifted(e), e.number(4)))).toBe('return 0');
    const far = (e: Expressions) => e.alu('and', e.alu('shr', e.load(64), e.number(31)), e.number(3));
    expect(one((e) => e.compare('eq', far(e), e.number(2)))).toBe('return (eq (and (shr load64, 31), 3), 2)');
  });

  it('masks once what is put together from parts', () => {
    const parts = (e: Expressions) => e.alu('or', e.alu('and', e.load(16), e.number(0xf000)), e.load(8, 2));
    expect(one((e) => e.alu('and', parts(e), e.number(0x1fff)))).toBe('return (or (and load16, 4096), load8+2)');
    expect(one((e) => e.alu('and', parts(e), e.number(0x1f0f)))).toMatch(/^return \(and \(or /);
  });

  it('sees the complement in a subtraction that cannot borrow', () => {
    expect(one((e) => e.alu('sub', e.number(0xffff), e.load(16)))).toBe('return (xor load16, 65535)');
    expect(one((e) => e.alu('sub', e.number(0xff), e.load(16)))).toBe('return (sub 255, load16)');
  });
});
