import type { MapSpec } from '@twinpath/ebpf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProgramBuilder } from '../../ir/builder.ts';
import type { BlockId, Hook, Program, ValueId } from '../../ir/types.ts';
import { validate } from '../../ir/validate.ts';
import { createEnvironment } from '../environment.ts';
import { evaluate, type Outcome } from '../evaluate.ts';
import type { Input } from '../machine.ts';
import { EvaluatorMaps } from '../maps/evaluator-maps.ts';

const frame = Uint8Array.from({ length: 60 }, (_, index) => index);

function program(fill: (b: ProgramBuilder, block: BlockId) => ValueId, hook: Hook = 'xdp'): Program {
  const b = new ProgramBuilder('test', hook);
  b.terminate(b.entry, { op: 'return', value: fill(b, b.entry) });
  const made = b.finish();
  validate(made);
  return made;
}

const run = (
  fill: (b: ProgramBuilder, block: BlockId) => ValueId,
  input: Partial<Input> = {},
  hook: Hook = 'xdp',
): Outcome => evaluate(program(fill, hook), { packet: frame, ...input });

/** A call whose arguments are integers. */
const call =
  (helper: string, ...operands: readonly bigint[]) =>
  (b: ProgramBuilder, block: BlockId): ValueId =>
    b.call(block, helper, [b.context, ...operands.map((operand) => b.constant(block, operand))]);

function index(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}

describe('packet helpers', () => {
  it('grow and shrink the head, with zeros in front, as far as there is room', () => {
    expect([...run(call('xdp_adjust_head', -2n)).packet.subarray(0, 4)]).toEqual([0, 0, 0, 1]);
    expect([...run(call('xdp_adjust_head', 46n)).packet]).toEqual([...frame.subarray(46)]);
    for (const by of [47n, -217n]) {
      const { returned, packet } = run(call('xdp_adjust_head', by));
      expect([returned, packet]).toEqual([(1n << 64n) - 22n, frame]);
    }
  });

  it('give back what the head moved away from', () => {
    const { packet } = run((b, block) => {
      call('xdp_adjust_head', 7n)(b, block);
      return call('xdp_adjust_head', -8n)(b, block);
    });
    expect([...packet]).toEqual([0, ...frame]);
  });

  it('grow and shrink the tail', () => {
    expect([...run(call('xdp_adjust_tail', 2n)).packet.subarray(58)]).toEqual([58, 59, 0, 0]);
    expect(run(call('xdp_adjust_tail', -46n)).packet).toHaveLength(14);
    expect(run(call('xdp_adjust_tail', -47n)).returned).not.toBe(0n);
    expect(run(call('xdp_adjust_tail', 3460n)).returned).toBe(0n);
    expect(run(call('xdp_adjust_tail', 3461n)).returned).not.toBe(0n);
  });

  it('end the life of pointers from before, on the way that was taken', () => {
    const b = new ProgramBuilder('stale', 'xdp');
    const start = b.packetStart(b.entry, 0);
    b.call(b.entry, 'xdp_adjust_tail', [b.context, b.constant(b.entry, 0n)]);
    b.terminate(b.entry, { op: 'return', value: b.load(b.entry, start, 0, 8) });
    expect(() => evaluate(b.finish(), { packet: frame })).toThrow('used after a helper moved the packet');
  });

  it('copy bytes out of fragments too, and fail behind the end', () => {
    const load = (helper: string, hook: Hook, offset: bigint) =>
      run(
        (b, block) => {
          const room = b.stack(block, b.slot(8, 'bytes'));
          const [at, size] = [b.constant(block, offset), b.constant(block, 4n)];
          const result = b.call(block, helper, [b.context, at, room, size]);
          return b.alu(block, 'add', result, b.load(block, room, 0, 32));
        },
        { linear: 20 },
        hook,
      ).returned;
    expect(load('xdp_load_bytes', 'xdp', 40n)).toBe(0x2b2a2928n);
    expect(load('skb_load_bytes', 'tcx-ingress', 56n)).toBe(0x3b3a3938n);
    expect(load('skb_load_bytes', 'tcx-ingress', 57n)).toBe((1n << 64n) - 14n);
    // The kernel leaves the buffer as it was, here without any value.
    expect(() => load('xdp_load_bytes', 'xdp', 57n)).toThrow('byte 0 of slot 0 "bytes" is read before');
  });

  it('make more of the packet linear', () => {
    const outcome = run(
      (b, block) => {
        b.call(block, 'skb_pull_data', [b.context, b.constant(block, 30n)]);
        return b.alu(block, 'sub', b.packetEnd(block, 1), b.packetStart(block, 1));
      },
      { linear: 20 },
      'tcx-ingress',
    );
    expect(outcome.returned).toBe(30n);
  });
});

describe('csum_diff', () => {
  it('turns a checksum into that of the changed bytes', () => {
    const words = fc.uint8Array({ minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(words, words, (from, to) => {
        const difference = run((b, block) => {
          const slots = [from, to].map((bytes, which) => {
            const address = b.stack(block, b.slot(8, `bytes ${which}`));
            for (const [at, byte] of bytes.entries()) b.store(block, address, at, 8, b.constant(block, BigInt(byte)));
            return address;
          });
          const size = b.constant(block, 8n);
          const [old = 0, next = 0] = slots;
          return b.call(block, 'csum_diff', [old, size, next, size, b.constant(block, BigInt(onesComplement(from)))]);
        }).returned;
        // 0 and 0xffff are the same number in one's complement.
        expect(Number(difference) % 0xffff).toBe(onesComplement(to) % 0xffff);
      }),
    );
  });
});

/** Sum of little-endian 16-bit words, folded. */
function onesComplement(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += view.getUint16(at, true);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

describe('environment', () => {
  it('is where clocks, CPU and random numbers come from', () => {
    const environment = createEnvironment({ now: 123n, cpu: 5, random: () => 0xffff_ffff });
    const given = (helper: string) => run((b, block) => b.call(block, helper, []), { environment }).returned;
    expect(given('ktime_get_ns')).toBe(123n);
    expect(given('ktime_get_coarse_ns')).toBe(123n);
    expect(given('get_smp_processor_id')).toBe(5n);
    expect(given('get_prandom_u32')).toBe(0xffff_ffffn);
  });

  it('gives the same random numbers to each run of its own', () => {
    const random = () => run((b, block) => b.call(block, 'get_prandom_u32', [])).returned;
    expect(random()).toBe(random());
  });
});

describe('redirect', () => {
  const ports: MapSpec = { name: 'ports', type: 'devmap', keySize: 4, valueSize: 4, maxEntries: 4 };

  it('answers with the code of the hook and says where the packet goes', () => {
    const to = (flags: bigint) => (b: ProgramBuilder, block: BlockId) =>
      b.call(block, 'redirect', [b.constant(block, 7n), b.constant(block, flags)]);
    expect(run(to(0n))).toMatchObject({ returned: 4n, redirect: { kind: 'interface', ifindex: 7 } });
    expect(run(to(1n))).toMatchObject({ returned: 0n, redirect: undefined });
    expect(run(to(1n), {}, 'tcx-ingress')).toMatchObject({ returned: 7n, redirect: { flags: 1n } });
  });

  it('looks into the map, and answers with the low flags if nothing is there', () => {
    const maps = new EvaluatorMaps([ports]);
    maps.store('ports').update(index(2), index(9), 'any');
    const to = (key: bigint, flags: bigint) =>
      run(
        (b, block) =>
          b.call(block, 'redirect_map', [b.map(block, 'ports'), b.constant(block, key), b.constant(block, flags)]),
        { maps },
      );
    expect(to(2n, 0n)).toMatchObject({ returned: 4n, redirect: { kind: 'map', map: 'ports', key: 2, value: 9 } });
    expect(to(1n, 2n)).toMatchObject({ returned: 2n, redirect: undefined });
    expect(to(0n, 8n)).toMatchObject({ returned: 4n, redirect: { kind: 'broadcast', map: 'ports' } });
  });
});

describe('tail_call', () => {
  const chain: MapSpec = { name: 'chain', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: 4 };
  const jump = (at: bigint) => (b: ProgramBuilder, block: BlockId) => {
    b.call(block, 'tail_call', [b.context, b.map(block, 'chain'), b.constant(block, at)]);
    return b.constant(block, 100n);
  };

  it('goes on in the other program, or behind the call if there is none', () => {
    const maps = new EvaluatorMaps([chain]);
    maps.store('chain').update(index(1), index(42), 'any');
    const other = program((b, block) => b.constant(block, 5n));
    const environment = createEnvironment({ program: (id) => (id === 42 ? other : undefined) });
    expect(run(jump(1n), { maps, environment }).returned).toBe(5n);
    expect(run(jump(0n), { maps, environment }).returned).toBe(100n);
  });

  it('ends behind 33 calls', () => {
    const maps = new EvaluatorMaps([chain]);
    maps.store('chain').update(index(0), index(1), 'any');
    const self = program(jump(0n));
    const { returned, fuelUsed } = evaluate(self, {
      packet: frame,
      maps,
      environment: createEnvironment({ program: () => self }),
    });
    expect(returned).toBe(100n);
    expect(fuelUsed).toBe(34 * 5);
  });
});

describe('spin_lock', () => {
  it('must be released, and nothing else is called meanwhile', () => {
    const state: MapSpec = { name: 'state', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 };
    const locked = (...helpers: readonly string[]) =>
      run(
        (b, block) => {
          const guard = b.mapValue(block, 'state', 0);
          for (const helper of helpers) b.call(block, helper, helper === 'ktime_get_ns' ? [] : [guard]);
          return b.constant(block, 0n);
        },
        { maps: new EvaluatorMaps([state]) },
      ).returned;
    expect(locked('spin_lock', 'spin_unlock')).toBe(0n);
    expect(() => locked('spin_lock')).toThrow('returns while it holds a lock');
    expect(() => locked('spin_lock', 'ktime_get_ns')).toThrow('ktime_get_ns is called while a lock is held');
    expect(() => locked('spin_unlock')).toThrow('released that is not held');
  });
});
