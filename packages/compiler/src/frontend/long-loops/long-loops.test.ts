import { packetView } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import type { CompiledFunction } from '../../compile.ts';
import { evaluate } from '../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../evaluate/maps/evaluator-maps.ts';
import { validate } from '../../ir/validate.ts';
import { give } from '../fixtures/compile-source.ts';
import { compileLoop, FRAMES, fill, type Loop } from './fixtures/load.ts';
import { LOOPS } from './fixtures/loops.vnf.ts';

/** What a loop writes to the table: sum, rounds, last; nothing where it writes nothing. */
type Written = readonly [sum: number, rounds: number, last: number] | undefined;
interface Datagram {
  readonly payload: Uint8Array;
  readonly sport: number;
  readonly dport: number;
}

const model: Readonly<Record<Exclude<Loop, 'search'>, (datagram: Datagram) => Written>> = {
  sum: ({ payload }) => {
    const seen = payload.subarray(0, 1400);
    return [seen.reduce((sum, byte) => sum + byte, 0), seen.length, payload.length];
  },
  find: ({ payload }) => {
    const seen = [...payload.subarray(0, 1400)];
    const [at, end] = [seen.indexOf(7), seen.indexOf(255)];
    return at < 0 || (end >= 0 && end < at) ? undefined : [at, 7, at + 1];
  },
  nested: ({ sport }) => {
    let total = 0;
    for (let i = 0; i < 300; i++) for (let j = 0; j <= i && j !== sport; j++) total = (total * 31 + j) % 65_521;
    return [total, 300, sport];
  },
  backwards: ({ payload: { length } }) => {
    const rounds = Array.from({ length: 667 }, (_, index) => ((2000 - 3 * index) * length) % 977);
    return [Math.min(1_000_000, ...rounds), length, 0];
  },
  collatz: ({ dport }) => {
    let [value, rounds] = [dport, 0];
    for (; rounds < 500 && value > 1; rounds++) value = value % 2 === 0 ? value / 2 : (value * 3 + 1) % 1_000_003;
    return [value, rounds, dport];
  },
};

const MODELLED = ['sum', 'find', 'nested', 'backwards', 'collatz'] as const;

function datagramOf(frame: Uint8Array): Datagram {
  const udp = packetView(frame, { port: 'port', now: 0 }).ip()?.udp();
  const bytes = udp?.payload();
  if (udp === undefined || bytes === undefined) throw new Error('the frame has a payload');
  const payload = Uint8Array.from({ length: bytes.length }, (_, index) => bytes.u8(index) ?? 0);
  return { payload, sport: udp.sport, dport: udp.dport };
}

const known = new Map<Loop, CompiledFunction>();

function compiled(what: Loop): CompiledFunction {
  const made = known.get(what) ?? compileLoop(what, 'xdp');
  known.set(what, made);
  return made;
}

function run(what: Loop, frame: Uint8Array): { readonly returned: bigint; readonly written: Written } {
  const { programs, maps: specs } = compiled(what);
  const [program] = programs;
  if (program === undefined) throw new Error('there is a program');
  const maps = new EvaluatorMaps(specs);
  fill(maps.store('closed'));
  const { returned } = evaluate(program.ir, { packet: frame, maps, fuel: 10_000_000 });
  const [entry] = [...maps.store('seen').entries()];
  if (entry === undefined) return { returned, written: undefined };
  const [sum = 0, rounds = 0, last = 0] = entry.flatMap((bytes) => [...new Uint32Array(bytes.slice().buffer)]);
  return { returned, written: [sum, rounds, last] };
}

describe('a long loop', () => {
  it.each(MODELLED)('%s gives what it gives on Node, whichever way it is left', (what) => {
    for (const frame of FRAMES) expect(run(what, frame).written).toEqual(model[what](datagramOf(frame)));
  });

  it('keeps the rules of the IR', () => {
    for (const what of LOOPS) for (const { ir } of compiled(what).programs) validate(ir);
  });

  it('returns from inside with the verdict that was reached there', () => {
    expect(FRAMES.map((frame) => run('find', frame).returned)).toEqual([2n, 1n, 2n, 2n, 1n, 1n, 2n]);
    expect(FRAMES.map((frame) => run('search', frame).returned)).toEqual([2n, 2n, 1n, 2n, 1n, 2n, 2n]);
  });

  it('is a call of its body, inside of another one too; a shorter one is a loop of the program', () => {
    const callbacks = (what: Loop) => compiled(what).programs[0]?.ir.subprograms?.length ?? 0;
    expect([callbacks('sum'), callbacks('nested')].every((count) => count >= 2)).toBe(true);
    expect(give('let x = 0; for (let i = 0; i < 255; i++) x += i; return give(x);')).toBe(32_385n);
    expect(give('let x = 0; for (let i = 0; i < 257; i++) x += i; return give(x);')).toBe(32_896n);
  });
});
