import { describe, expect, it } from 'vitest';
import { CodeGenerationError } from '../backend/error.ts';
import { ProgramBuilder } from '../ir/builder.ts';
import type { BlockId, Instruction, Program, ValueId } from '../ir/types.ts';
import { validate } from '../ir/validate.ts';
import { cleanup } from './cleanup.ts';
import { forwardLoads } from './forward-loads.ts';
import { optimise } from './index.ts';
import { legalise } from './legalise.ts';
import { mergeStores } from './merge-stores.ts';
import { removeOverwrittenStores } from './overwritten-stores.ts';
import { uniteTails } from './unite-tails.ts';
import { widenChecks } from './widen-checks.ts';

function of<Op extends Instruction['op']>(program: Program, op: Op): readonly Extract<Instruction, { op: Op }>[] {
  const isWanted = (one: Instruction): one is Extract<Instruction, { op: Op }> => one.op === op;
  return program.blocks.flatMap(({ instructions }) => instructions.filter(isWanted));
}

const checks = (program: Program): readonly number[] =>
  program.blocks.flatMap(({ terminator }) => (terminator.op === 'in-packet' ? [terminator.size] : []));

/** A program that returns 0 where a bounds check fails. */
function checked(
  fill: (
    b: ProgramBuilder,
    packet: ValueId,
    check: (from: BlockId, size: number, pointer?: ValueId) => BlockId,
  ) => void,
): Program {
  const b = new ProgramBuilder('checked', 'xdp');
  const packet = b.packetStart(b.entry, 0);
  const exit = b.block();
  b.terminate(exit, { op: 'return', value: b.constant(exit, 0n) });
  const check = (from: BlockId, size: number, pointer = packet) => {
    const then = b.block();
    b.terminate(from, { op: 'in-packet', pointer, size, epoch: 0, then, otherwise: exit });
    return then;
  };
  fill(b, packet, check);
  const program = b.finish();
  validate(program);
  return program;
}

describe('cleanup', () => {
  it('leaves nothing that is never reached, nor a branch that is decided', () => {
    const b = new ProgramBuilder('dead', 'xdp');
    const [then, otherwise, island] = [b.block(), b.block(), b.block()];
    b.terminate(b.entry, { op: 'branch', condition: b.constant(b.entry, 1n), then, otherwise });
    b.terminate(then, { op: 'return', value: b.constant(then, 2n) });
    b.terminate(otherwise, { op: 'jump', target: island });
    b.terminate(island, { op: 'jump', target: otherwise });
    const { blocks } = cleanup(b.finish());
    expect(blocks).toHaveLength(1);
    expect(blocks[0]?.terminator.op).toBe('return');
  });

  it('keeps one of two equal returns', () => {
    const program = checked((b, packet, check) => {
      const inside = check(b.entry, 14);
      const [then, otherwise] = [b.block(), b.block()];
      b.terminate(inside, { op: 'branch', condition: b.load(inside, packet, 0, 8), then, otherwise });
      b.terminate(then, { op: 'return', value: b.constant(then, 0n) });
      b.terminate(otherwise, { op: 'return', value: b.constant(otherwise, 0n) });
    });
    expect(cleanup(program).blocks.filter(({ terminator }) => terminator.op === 'return')).toHaveLength(1);
  });
});

describe('widenChecks', () => {
  it('lets one check cover those behind it', () => {
    const program = checked((b, packet, check) => {
      const inside = check(check(check(b.entry, 14), 34), 20);
      b.terminate(inside, { op: 'return', value: b.load(inside, packet, 33, 8) });
    });
    expect(checks(optimise(program))).toEqual([34]);
  });

  it('does not where a packet could tell, because something was written in between', () => {
    const program = checked((b, packet, check) => {
      const first = check(b.entry, 14);
      b.store(first, packet, 0, 8, b.constant(first, 1n));
      const second = check(first, 34);
      b.terminate(second, { op: 'return', value: b.load(second, packet, 33, 8) });
    });
    expect(checks(widenChecks(program))).toEqual([14, 34]);
  });

  it('does not where another way leaves with another verdict', () => {
    const program = checked((b, packet, check) => {
      const first = check(b.entry, 14);
      const [on, other] = [b.block(), b.block()];
      b.terminate(first, { op: 'branch', condition: b.load(first, packet, 0, 8), then: on, otherwise: other });
      b.terminate(other, { op: 'return', value: b.constant(other, 2n) });
      const second = check(on, 34);
      b.terminate(second, { op: 'return', value: b.load(second, packet, 33, 8) });
    });
    expect(checks(optimise(program))).toEqual([14, 34]);
  });
});

describe('forwardLoads', () => {
  const loadsAround = (effect: (b: ProgramBuilder, block: BlockId, packet: ValueId) => void): number => {
    const program = checked((b, packet, check) => {
      const inside = check(b.entry, 64);
      const before = b.load(inside, packet, 8, 32);
      effect(b, inside, packet);
      const after = b.load(inside, packet, 8, 32);
      b.terminate(inside, { op: 'return', value: b.alu(inside, 'add', before, after) });
    });
    return of(forwardLoads(program), 'load').length;
  };

  it('reads once what nothing changes in between', () => {
    expect(loadsAround(() => {})).toBe(1);
    expect(loadsAround((b, block, packet) => b.store(block, packet, 12, 32, b.constant(block, 1n)))).toBe(1);
    expect(loadsAround((b, block) => b.store(block, b.mapValue(block, 'out', 0), 8, 32, b.constant(block, 1n)))).toBe(
      1,
    );
  });

  it('takes what was just stored', () => {
    expect(loadsAround((b, block, packet) => b.store(block, packet, 8, 32, b.constant(block, 1n)))).toBe(1);
  });

  it('keeps bytes that a word is written back with, and reads those again that it changes', () => {
    const reads = (kept: bigint) => {
      const program = checked((b, packet, check) => {
        const inside = check(b.entry, 64);
        const before = b.load(inside, packet, 8, 16);
        const rest = b.alu(inside, 'and', b.load(inside, packet, 6, 32), b.constant(inside, kept));
        b.store(inside, packet, 6, 32, b.alu(inside, 'or', rest, b.constant(inside, 0x11n)));
        const after = b.load(inside, packet, 8, 16);
        b.terminate(inside, { op: 'return', value: b.alu(inside, 'add', before, after) });
      });
      return of(forwardLoads(program), 'load').filter(({ offset }) => offset === 8).length;
    };
    expect(reads(0xffff_ff00n)).toBe(1);
    expect(reads(0xfff0_ff00n)).toBe(2);
  });

  it('tells a header from one behind it, if that one begins far enough off', () => {
    const reads = (least: bigint) => {
      const program = checked((b, packet, check) => {
        const inside = check(b.entry, 64);
        const before = b.load(inside, packet, 16, 32);
        // The length of an IPv4 header, when its first byte is at least so much above 0x40.
        const first = b.load(inside, packet, 0, 8);
        const off = b.alu(inside, 'add', first, b.constant(inside, -0x40n - least));
        const [then, otherwise] = [b.block(), b.block()];
        const condition = b.compare(inside, 'ule', off, b.constant(inside, 15n - least));
        b.terminate(inside, { op: 'branch', condition, then, otherwise });
        b.terminate(otherwise, { op: 'return', value: before });
        const words = b.alu(then, 'and', first, b.constant(then, 15n));
        const length = b.alu(then, 'shl', words, b.constant(then, 2n));
        const behind = b.offset(then, packet, length);
        const last = check(then, 8, behind);
        b.store(last, behind, 0, 32, b.constant(last, 1n));
        b.terminate(last, { op: 'return', value: b.load(last, packet, 16, 32) });
      });
      return of(forwardLoads(program), 'load').filter(({ offset }) => offset === 16).length;
    };
    expect(reads(5n)).toBe(1);
    expect(reads(4n)).toBe(2);
  });

  it('reads again behind a store that may overlap, and behind a call', () => {
    expect(loadsAround((b, block, packet) => b.store(block, packet, 11, 8, b.constant(block, 1n)))).toBe(2);
    expect(loadsAround((b, block) => b.call(block, 'ktime_get_ns', []))).toBe(2);
  });
});

describe('mergeStores', () => {
  function stores(fill: (b: ProgramBuilder, block: BlockId, packet: ValueId, key: ValueId) => void): readonly string[] {
    const program = checked((b, packet, check) => {
      const inside = check(b.entry, 64);
      const key = b.stack(inside, b.slot(16, 'key'));
      fill(b, inside, packet, key);
      const found = b.call(inside, 'map_lookup_elem', [b.map(inside, 'flows'), key]);
      b.terminate(inside, { op: 'return', value: found });
    });
    const merged = mergeStores(program);
    validate(merged);
    return of(merged, 'store').map(({ width, offset }) => `${width}@${offset}`);
  }

  it('copies ports that lie side by side as one word', () => {
    const copied = stores((b, block, packet, key) => {
      b.store(block, key, 0, 16, b.load(block, packet, 34, 16));
      b.store(block, key, 2, 16, b.load(block, packet, 36, 16));
    });
    expect(copied).toEqual(['32@0']);
  });

  it('joins values and padding', () => {
    const joined = stores((b, block, packet, key) => {
      b.store(block, key, 8, 8, b.load(block, packet, 23, 8));
      b.store(block, key, 9, 8, b.constant(block, 0n));
      b.store(block, key, 10, 16, b.constant(block, 0n));
      b.store(block, key, 12, 32, b.constant(block, 0n));
    });
    expect(joined).toEqual(['64@8']);
  });

  it('leaves parts that do not fill an aligned word, or that are read in between', () => {
    const apart = stores((b, block, packet, key) => {
      b.store(block, key, 2, 16, b.load(block, packet, 34, 16));
      b.store(block, key, 4, 16, b.load(block, packet, 36, 16));
    });
    expect(apart).toEqual(['16@2', '16@4']);
    const read = stores((b, block, packet, key) => {
      b.store(block, key, 0, 16, b.load(block, packet, 34, 16));
      b.call(block, 'trace_printk', [key, b.constant(block, 2n)]);
      b.store(block, key, 2, 16, b.load(block, packet, 36, 16));
    });
    expect(read).toEqual(['16@0', '16@2']);
  });
});

describe('legalise', () => {
  const withOffset = (by: (b: ProgramBuilder, block: BlockId, packet: ValueId) => ValueId): Program =>
    legalise(
      checked((b, packet, check) => {
        const inside = check(b.entry, 34);
        const there = b.offset(inside, packet, by(b, inside, packet));
        const behind = check(inside, 4, there);
        b.terminate(behind, { op: 'return', value: b.load(behind, there, 0, 32) });
      }),
    );
  const masks = (program: Program) => of(program, 'alu').filter(({ operation }) => operation === 'and').length;
  const branches = (program: Program) => program.blocks.filter(({ terminator }) => terminator.op === 'branch').length;

  it('adds nothing where the verifier sees the bound', () => {
    const program = withOffset((b, block, packet) =>
      b.alu(block, 'shl', b.load(block, packet, 0, 8), b.constant(block, 2n)),
    );
    expect([masks(program), branches(program)]).toEqual([0, 0]);
  });

  it('masks what it loses: a remainder', () => {
    const program = withOffset((b, block, packet) =>
      b.alu(block, 'mod', b.load(block, packet, 0, 32), b.constant(block, 100n)),
    );
    expect([masks(program), branches(program)]).toEqual([1, 0]);
  });

  it('sends offsets beyond its reach where a failed check goes', () => {
    const program = withOffset((b, block, packet) => b.load(block, packet, 0, 32));
    expect([masks(program), branches(program)]).toEqual([0, 1]);
    validate(program);
  });

  it('says so where nothing can be done', () => {
    const program = checked((b, packet, check) => {
      const inside = check(b.entry, 34);
      b.at = { file: 'a.vnf.ts', line: 3, column: 9 };
      const there = b.offset(inside, packet, b.load(inside, packet, 0, 32));
      b.at = undefined;
      b.store(inside, packet, 0, 8, b.constant(inside, 1n));
      const behind = check(inside, 4, there);
      b.terminate(behind, { op: 'return', value: b.load(behind, there, 0, 32) });
    });
    expect(() => legalise(program)).toThrow(CodeGenerationError);
    expect(() => legalise(program)).toThrow('an offset into packet may be anything within 0..4294967295');
  });
});

describe('removeOverwrittenStores', () => {
  const stores = (between: (b: ProgramBuilder, block: BlockId, packet: ValueId) => void) =>
    of(
      removeOverwrittenStores(
        checked((b, packet, check) => {
          const inside = check(b.entry, 14);
          b.store(inside, packet, 4, 16, b.constant(inside, 1n));
          between(b, inside, packet);
          b.store(inside, packet, 4, 32, b.constant(inside, 2n));
          b.terminate(inside, { op: 'return', value: b.constant(inside, 2n) });
        }),
      ),
      'store',
    ).map(({ width }) => width);

  it('drops what a later store covers', () => {
    expect(stores(() => {})).toEqual([32]);
    expect(stores((b, block, packet) => b.load(block, packet, 0, 32))).toEqual([32]);
  });

  it('keeps what is read, or may be seen by a helper, before that', () => {
    expect(stores((b, block, packet) => b.load(block, packet, 5, 8))).toEqual([16, 32]);
    expect(stores((b, block) => b.call(block, 'ktime_get_ns', []))).toEqual([16, 32]);
  });
});

describe('uniteTails', () => {
  /** Two ends that add to three counters each, call a helper with a number and give a verdict. */
  const ends = (helper: string) =>
    checked((b, packet, check) => {
      const inside = check(b.entry, 14);
      const [then, otherwise] = [b.block(), b.block()];
      b.terminate(inside, { op: 'branch', condition: b.load(inside, packet, 0, 8), then, otherwise });
      const end = (block: BlockId, number: number) => {
        const counters = b.mapValue(block, 'counters', 0);
        for (const offset of [64, 72, 8 * number]) {
          const sum = b.alu(block, 'add', b.load(block, counters, offset, 64), b.constant(block, 1n));
          b.store(block, counters, offset, 64, sum);
        }
        b.call(block, helper, [b.context, b.map(block, 'next'), b.constant(block, BigInt(number))]);
        b.terminate(block, { op: 'return', value: b.constant(block, 2n) });
      };
      end(then, 0);
      end(otherwise, 1);
    });

  it('leaves one end, to which numbers and places of a value come by phis', () => {
    const united = cleanup(uniteTails(cleanup(ends('redirect_map'))));
    validate(united);
    expect(of(united, 'store')).toHaveLength(3);
    expect(united.blocks.flatMap(({ phis }) => phis)).toHaveLength(2);
  });

  it('leaves tail calls to different programs apart: the kernel makes direct jumps of them', () => {
    expect(of(cleanup(uniteTails(cleanup(ends('tail_call')))), 'call')).toHaveLength(2);
  });
});
