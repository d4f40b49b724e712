import type { MapSpec } from '@twinpath/ebpf';
import { describe, expect, it } from 'vitest';
import { ProgramBuilder } from '../ir/builder.ts';
import type { BlockId, Hook, ValueId } from '../ir/types.ts';
import { validate } from '../ir/validate.ts';
import { evaluate, type Outcome } from './evaluate.ts';
import { EvaluationError } from './fault.ts';
import type { Input } from './machine.ts';
import { EvaluatorMaps } from './maps/evaluator-maps.ts';

const flows: MapSpec = { name: 'flows', type: 'hash', keySize: 8, valueSize: 16, maxEntries: 4 };
const state: MapSpec = { name: 'state', type: 'array', keySize: 4, valueSize: 16, maxEntries: 1 };
const events: MapSpec = { name: 'events', type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 };

const frame = Uint8Array.from({ length: 64 }, (_, index) => index);
const maps = (): EvaluatorMaps => new EvaluatorMaps([flows, state, events]);
const flowValue = { kind: 'pointer', region: 'value flows' } as const;

/** Runs what `fill` writes behind the entry; it gives what is returned. */
function run(
  fill: (b: ProgramBuilder, block: BlockId) => ValueId,
  input: Partial<Input> = {},
  hook: Hook = 'xdp',
): Outcome {
  const b = new ProgramBuilder('test', hook);
  b.at = { file: 'test.vnf.ts', line: 7, column: 3 };
  const last = fill(b, b.entry);
  b.terminate(b.entry, { op: 'return', value: last });
  const program = b.finish();
  validate(program);
  return evaluate(program, { packet: frame, maps: maps(), ...input });
}

/** As `run`, in a block behind a check of `size` bytes at `start`; -1 if the check fails. */
function runChecked(
  size: number,
  fill: (b: ProgramBuilder, block: BlockId, start: ValueId) => ValueId,
  input: Partial<Input> = {},
): Outcome {
  const b = new ProgramBuilder('test', 'xdp');
  const [inside, outside] = [b.block(), b.block()];
  const start = b.packetStart(b.entry, 0);
  b.terminate(b.entry, { op: 'in-packet', pointer: start, size, epoch: 0, then: inside, otherwise: outside });
  b.terminate(outside, { op: 'return', value: b.constant(outside, -1n) });
  b.terminate(inside, { op: 'return', value: fill(b, inside, start) });
  const program = b.finish();
  validate(program);
  return evaluate(program, { packet: frame, maps: maps(), ...input });
}

function key(b: ProgramBuilder, block: BlockId, written = 8): ValueId {
  const address = b.stack(block, b.slot(8, 'flow key'));
  for (let at = 0; at < written; at++) b.store(block, address, at, 8, b.constant(block, 1n));
  return address;
}

describe('evaluate', () => {
  it('reads and writes the packet little endian, and leaves the input as it was', () => {
    const { returned, packet } = runChecked(14, (b, block, start) => {
      b.store(block, start, 0, 16, b.constant(block, 0xabcdn));
      return b.load(block, start, 10, 32);
    });
    expect(returned).toBe(0x0d0c0b0an);
    expect([...packet.subarray(0, 3)]).toEqual([0xcd, 0xab, 2]);
    expect(frame[0]).toBe(0);
  });

  it('takes the other side of in-packet at every length that is too short', () => {
    for (let length = 0; length < 20; length++) {
      const { returned } = runChecked(14, (b, block) => b.constant(block, 1n), { packet: frame.subarray(0, length) });
      expect(BigInt.asIntN(64, returned)).toBe(length < 14 ? -1n : 1n);
    }
  });

  it('knows the linear part only, and how long the whole is', () => {
    const short = { linear: 13 };
    expect(runChecked(14, (b, block) => b.constant(block, 1n), short).returned).toBe((1n << 64n) - 1n);
    const length = (b: ProgramBuilder, block: BlockId) =>
      b.alu(block, 'sub', b.packetEnd(block, 0), b.packetStart(block, 0));
    expect(run(length, short).returned).toBe(13n);
    expect(run((b, block) => b.call(block, 'xdp_get_buff_len', [b.context]), short).returned).toBe(64n);
  });

  it('runs loops with phis that exchange their values', () => {
    const b = new ProgramBuilder('swap', 'xdp');
    const [head, exit] = [b.block(), b.block()];
    const [one, two] = [b.constant(b.entry, 1n), b.constant(b.entry, 2n)];
    const zero = b.constant(b.entry, 0n);
    b.terminate(b.entry, { op: 'jump', target: head });
    const [x, y, i] = [b.phi(head, []), b.phi(head, []), b.phi(head, [])];
    const next = b.alu(head, 'add', i, one);
    const inputs = (first: ValueId, again: ValueId) => [
      { block: b.entry, value: first },
      { block: head, value: again },
    ];
    b.completePhi(head, x, inputs(one, y));
    b.completePhi(head, y, inputs(two, x));
    b.completePhi(head, i, inputs(zero, next));
    b.terminate(head, {
      op: 'branch',
      condition: b.compare(head, 'ult', next, b.constant(head, 4n)),
      then: head,
      otherwise: exit,
    });
    b.terminate(exit, { op: 'return', value: b.alu(exit, 'add', b.alu(exit, 'mul', x, b.constant(exit, 10n)), y) });
    // Three exchanges of (1, 2).
    expect(evaluate(b.finish(), { packet: frame }).returned).toBe(21n);
  });

  it('ends an endless loop when its fuel is used up', () => {
    const b = new ProgramBuilder('endless', 'xdp');
    const again = b.block();
    b.terminate(b.entry, { op: 'jump', target: again });
    b.terminate(again, { op: 'jump', target: again });
    expect(() => evaluate(b.finish(), { packet: frame, fuel: 1000 })).toThrow('the run used up its fuel');
  });

  it('traces each step if asked', () => {
    const { trace } = run((b, block) => b.constant(block, 5n), { trace: true });
    expect(trace.map(({ text, result }) => [text, result])).toEqual([
      ['v1: integer = constant 5', 5n],
      ['return v1', 5n],
    ]);
  });

  it('reads the context of each hook, and writes what the kernel lets programs write', () => {
    expect(run((b, block) => b.load(block, b.context, 12, 32), { context: { ingress_ifindex: 3 } }).returned).toBe(3n);
    const set = (offset: number) => (b: ProgramBuilder, block: BlockId) => {
      b.store(block, b.context, offset, 32, b.constant(block, 9n));
      return b.load(block, b.context, 16, 32);
    };
    const outcome = run(set(8), {}, 'tcx-ingress');
    expect(outcome.context.mark).toBe(9);
    expect(outcome.returned).toBe(0x0d0cn);
    expect(() => run(set(40), {}, 'tcx-ingress')).toThrow('store to field ifindex of the context');
    expect(() => run((b, block) => b.load(block, b.context, 4, 32))).toThrow('no field at offset 4');
  });
});

describe('what the verifier refuses', () => {
  it('is named with the place in the source, the block and the instruction', () => {
    const error = catchError(() => run((b, block) => b.load(block, b.packetStart(block, 0), 0, 8)));
    expect(error).toBeInstanceOf(EvaluationError);
    expect(error).toMatchObject({
      message:
        'test.vnf.ts:7:3: access to packet bytes 0..0 of a pointer for which only 0 bytes were checked (program test, block 0: v2: integer = load8 v1)',
      place: { block: 0, instruction: 1 },
      at: { line: 7 },
    });
  });

  it('is an access behind what was checked, although the packet is longer', () => {
    expect(() => runChecked(14, (b, block, start) => b.load(block, start, 13, 16))).toThrow(
      'bytes 13..14 of a pointer for which only 14 bytes',
    );
    expect(() => runChecked(14, (b, block, start) => b.load(block, start, -1, 8))).toThrow('bytes -1..-1');
  });

  it('is access through a pointer that moved by a variable and was not checked again', () => {
    const access = (by: (b: ProgramBuilder, block: BlockId, start: ValueId) => ValueId) =>
      runChecked(14, (b, block, start) => b.load(block, b.offset(block, start, by(b, block, start)), 0, 8)).returned;
    expect(access((b, block) => b.constant(block, 13n))).toBe(13n);
    expect(() => access((b, block, start) => b.load(block, start, 3, 8))).toThrow('only 0 bytes were checked');
  });

  it('is an uninitialised stack byte, named by slot and byte', () => {
    const lookup = (written: number) =>
      run((b, block) =>
        b.compare(
          block,
          'eq',
          b.call(block, 'map_lookup_elem', [b.map(block, 'flows'), key(b, block, written)], flowValue),
          b.constant(block, 0n),
        ),
      );
    expect(lookup(8).returned).toBe(1n);
    expect(() => lookup(7)).toThrow('byte 7 of slot 0 "flow key" is read before it was ever written');
    expect(() => run((b, block) => b.load(block, key(b, block, 3), 0, 32))).toThrow('byte 3 of slot 0');
  });

  it('is an access outside of a slot or value, or unaligned on the stack', () => {
    expect(() => run((b, block) => b.load(block, key(b, block), 8, 8))).toThrow(
      'bytes 8..8 of slot 0 "flow key", which has 8',
    );
    expect(() => run((b, block) => b.load(block, key(b, block), 2, 32))).toThrow(
      'access of 4 bytes at unaligned offset 2',
    );
    expect(() => run((b, block) => b.load(block, b.mapValue(block, 'state', 12), 0, 64))).toThrow(
      'bytes 12..19 of a value of map "state"',
    );
  });

  it('is a lookup whose result was not compared with null, or is null', () => {
    const found = maps();
    found.store('flows').update(new Uint8Array(8).fill(1), new Uint8Array(16).fill(2), 'any');
    const use = (compared: boolean, input: Partial<Input>) =>
      run((b, block) => {
        const value = b.call(block, 'map_lookup_elem', [b.map(block, 'flows'), key(b, block)], flowValue);
        if (compared) b.compare(block, 'ne', value, b.constant(block, 0n));
        return b.load(block, value, 0, 16);
      }, input).returned;
    expect(use(true, { maps: found })).toBe(0x0202n);
    expect(() => use(false, { maps: found })).toThrow('never compared with null');
    expect(() => use(true, {})).toThrow('through a null pointer');
  });

  it('is an atomic on anything but aligned map values', () => {
    const add = (address: (b: ProgramBuilder, block: BlockId) => ValueId, offset: number) =>
      run((b, block) => {
        const at = { address: address(b, block), offset, width: 64 } as const;
        b.atomic(block, 'add', at, b.constant(block, 2n));
        return b.atomic(block, 'add', at, b.constant(block, 2n));
      }).returned;
    expect(add((b, block) => b.mapValue(block, 'state', 0), 8)).toBe(2n);
    expect(() => add((b, block) => b.mapValue(block, 'state', 0), 4)).toThrow('unaligned');
  });

  it('is a record of a ring buffer that is left open, closed twice or submitted with holes', () => {
    const records = (fill: number, closes: number) => {
      const given = maps();
      run(
        (b, block) => {
          const size = b.constant(block, 8n);
          const zero = b.constant(block, 0n);
          const record = b.call(block, 'ringbuf_reserve', [b.map(block, 'events'), size, zero], {
            kind: 'pointer',
            region: 'value events',
          });
          b.compare(block, 'ne', record, zero);
          for (let at = 0; at < fill; at++) b.store(block, record, at, 8, b.constant(block, 7n));
          for (let count = 0; count < closes; count++) b.call(block, 'ringbuf_submit', [record, zero]);
          return zero;
        },
        { maps: given },
      );
      return given.ring('events').drain();
    };
    expect(records(8, 1)).toEqual([new Uint8Array(8).fill(7)]);
    expect(() => records(8, 0)).toThrow('neither submitted nor discarded');
    expect(() => records(8, 2)).toThrow('not the start of a reserved record');
    expect(() => records(6, 1)).toThrow('byte 6 of a record of ring buffer "events"');
  });

  it('is a helper that does not exist, or one with too few arguments', () => {
    expect(() => run((b, block) => b.call(block, 'map_lokup_elem', []))).toThrow('no helper "map_lokup_elem"');
    expect(() => run((b, block) => b.call(block, 'redirect', []))).toThrow(
      'redirect is called with 0 arguments, it takes 2',
    );
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
