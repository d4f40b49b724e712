import { describe, expect, it } from 'vitest';
import { ProgramBuilder } from './builder.ts';
import { printProgram } from './print.ts';
import type { Block, Program, Terminator } from './types.ts';
import { InvalidProgramError, validate, violationsOf } from './validate.ts';

/** Ethernet type of the frame, or 0. */
function etherType(): Program {
  const b = new ProgramBuilder('ether-type', 'xdp');
  const [checked, short] = [b.block(), b.block()];
  const start = b.packetStart(b.entry, 0);
  b.terminate(b.entry, { op: 'in-packet', pointer: start, size: 14, epoch: 0, then: checked, otherwise: short });
  b.at = { file: 'a.vnf.ts', line: 3, column: 5 };
  const type = b.swap(checked, b.load(checked, start, 12, 16), 16);
  b.terminate(checked, { op: 'return', value: type });
  b.at = undefined;
  b.terminate(short, { op: 'return', value: b.constant(short, 0n) });
  return b.finish();
}

function withBlock(program: Program, id: number, change: Partial<Block>): Program {
  return { ...program, blocks: program.blocks.map((block) => (block.id === id ? { ...block, ...change } : block)) };
}

/** One block, filled by `fill`, which gives what is returned. */
function straight(fill: (b: ProgramBuilder) => number): readonly string[] {
  const b = new ProgramBuilder('test', 'xdp');
  b.terminate(b.entry, { op: 'return', value: fill(b) });
  return violationsOf(b.finish());
}

describe('printProgram', () => {
  it('writes one line for each instruction with its type, and the source behind it if asked', () => {
    expect(printProgram(etherType(), { locations: true })).toBe(`program ether-type, xdp, context v0

block 0:
  v1: pointer(packet) = packet-start epoch 0
  in-packet v1, 14 bytes, epoch 0 then block 1 otherwise block 2

block 1:
  v2: integer = load16 v1 + 12  ; a.vnf.ts:3:5
  v3: integer = swap16 v2  ; a.vnf.ts:3:5
  return v3  ; a.vnf.ts:3:5

block 2:
  v4: integer = constant 0
  return v4
`);
  });
});

describe('validate', () => {
  it('accepts what the builder makes', () => {
    expect(() => validate(etherType())).not.toThrow();
  });

  it('lists every violation and the program in one error', () => {
    const b = new ProgramBuilder('broken', 'xdp');
    const start = b.packetStart(b.entry, 0);
    b.alu(b.entry, 'add', start, b.context);
    b.terminate(b.entry, { op: 'return', value: start });
    const error = catchError(() => validate(b.finish()));
    expect(error).toBeInstanceOf(InvalidProgramError);
    expect(error).toMatchObject({
      violations: [
        'block 0, instruction 1: v1 is pointer(packet), an integer is needed',
        'block 0, instruction 1: v0 is pointer(context), an integer is needed',
        'block 0, terminator: v1 is pointer(packet), an integer is needed',
      ],
    });
  });

  it('refuses a use that its definition does not dominate', () => {
    const [value, short] = [2, 2];
    const broken = withBlock(etherType(), short, { terminator: { op: 'return', value } });
    expect(violationsOf(broken)).toEqual(['block 2, terminator: v2 is not defined on every way that leads here']);
  });

  it('refuses a use before the definition in the same block, and one without any', () => {
    const program = etherType();
    const block = program.blocks[1];
    const swapped = withBlock(program, 1, { instructions: [...(block?.instructions ?? [])].reverse() });
    expect(violationsOf(swapped)).toEqual(['block 1, instruction 0: v2 is not defined on every way that leads here']);
    const missing = withBlock(program, 1, { instructions: (block?.instructions ?? []).slice(1) });
    expect(violationsOf(missing)).toEqual(['block 1, instruction 0: v2 is never defined']);
  });

  it('refuses two definitions of one value', () => {
    const program = etherType();
    const [first] = program.blocks[1]?.instructions ?? [];
    const twice = withBlock(program, 1, {
      instructions: first === undefined ? [] : [first, first, ...(program.blocks[1]?.instructions ?? []).slice(1)],
    });
    expect(violationsOf(twice)).toEqual(['block 1, instruction 1: v2 is defined a second time']);
  });

  it('refuses blocks out of place, missing targets and jumps to the entry', () => {
    const program = etherType();
    expect(violationsOf({ ...program, blocks: [...program.blocks].reverse() })).toHaveLength(2);
    const jump = (target: number): Partial<Block> => ({ terminator: { op: 'jump', target } });
    expect(violationsOf(withBlock(program, 2, jump(7)))).toEqual(['block 2, terminator: there is no block 7']);
    expect(violationsOf(withBlock(program, 2, jump(0)))).toEqual([
      'block 2, terminator: the entry block has no predecessors',
    ]);
  });

  it('refuses phi inputs that are not the predecessors, or of another type', () => {
    const b = new ProgramBuilder('phi', 'xdp');
    const next = b.block();
    const start = b.packetStart(b.entry, 0);
    b.terminate(b.entry, { op: 'jump', target: next });
    const missing = b.phi(next, []);
    b.phi(next, [{ block: 0, value: start }]);
    b.terminate(next, { op: 'return', value: missing });
    expect(violationsOf(b.finish())).toEqual([
      'block 1, phi v2: has inputs from blocks ; the predecessors are 0',
      'block 1, phi v3: is integer, but its input from block 0 is pointer(packet)',
    ]);
  });

  it('lets a pointer phi be null on one way', () => {
    const b = new ProgramBuilder('null-phi', 'xdp');
    const next = b.block();
    const zero = b.constant(b.entry, 0n);
    b.terminate(b.entry, { op: 'jump', target: next });
    const entry = b.phi(next, [{ block: 0, value: zero }], { kind: 'pointer', region: 'value flows' });
    b.terminate(next, { op: 'return', value: b.compare(next, 'eq', entry, zero) });
    // The constant stands in another block: dominance, not nearness, decides.
    expect(violationsOf(b.finish())).toEqual([]);
  });

  it('refuses access through what is no memory, and offsets into maps or the context', () => {
    expect(straight((b) => b.load(b.entry, b.map(b.entry, 'flows'), 0, 32))).toEqual([
      'block 0, instruction 1: v1 is pointer(map), a pointer into memory is needed',
    ]);
    expect(straight((b) => b.load(b.entry, b.offset(b.entry, b.context, b.constant(b.entry, 4n)), 0, 32))).toEqual([
      'block 0, instruction 1: v0 is pointer(context), a pointer into packet, stack or map value is needed',
    ]);
  });

  it('refuses six arguments, unknown slots and ordered comparison of pointers', () => {
    expect(straight((b) => b.call(b.entry, 'map_lookup_elem', Array(6).fill(b.constant(b.entry, 1n))))).toEqual([
      'block 0, instruction 1: map_lookup_elem has 6 arguments; helpers take at most 5',
    ]);
    expect(straight((b) => b.compare(b.entry, 'eq', b.stack(b.entry, 3), b.constant(b.entry, 0n)))).toEqual([
      'block 0, instruction 0: there is no slot 3',
    ]);
    expect(straight((b) => b.compare(b.entry, 'ult', b.packetStart(b.entry, 0), b.packetEnd(b.entry, 0)))).toEqual([
      'block 0, instruction 2: pointers compare with eq and ne only, not with ult',
    ]);
  });

  it('lets the packet be measured', () => {
    expect(straight((b) => b.alu(b.entry, 'sub', b.packetEnd(b.entry, 0), b.packetStart(b.entry, 0)))).toEqual([]);
  });
});

describe('epochs', () => {
  /** A pointer of epoch 0, a call that moves the packet, then what `behind` does. */
  function moved(behind: (b: ProgramBuilder, old: number) => Terminator, epoch = 1): readonly string[] {
    const b = new ProgramBuilder('moved', 'xdp');
    const old = b.packetStart(b.entry, 0);
    b.call(b.entry, 'xdp_adjust_head', [b.context, b.constant(b.entry, -8n)]);
    b.packetStart(b.entry, epoch);
    b.terminate(b.entry, behind(b, old));
    const yes = b.block();
    b.terminate(yes, { op: 'return', value: b.constant(yes, 1n) });
    return violationsOf(b.finish());
  }

  it('refuses a pointer from before the packet moved', () => {
    expect(moved((b, old) => ({ op: 'return', value: b.load(b.entry, old, 0, 8) }))).toEqual([
      'block 0, instruction 4: v1 points into the packet as it was before a helper moved it',
    ]);
  });

  it('refuses an epoch that goes on behind the move', () => {
    expect(moved((b) => ({ op: 'return', value: b.constant(b.entry, 0n) }), 0)).toEqual([
      'block 0, instruction 3: epoch 0 ended when a helper moved the packet; what follows needs an epoch of its own',
    ]);
  });

  it('refuses a check in another epoch than the pointer has', () => {
    expect(moved(() => ({ op: 'in-packet', pointer: 4, size: 4, epoch: 0, then: 1, otherwise: 1 }))).toEqual([
      'block 0, terminator: in-packet of epoch 0 on a pointer of epoch 1',
    ]);
  });
});

function catchError(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
