import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import { compileCarried, FRAMES, leftOf, WHATS } from './fixtures/carried.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe.each(WHATS)('%s', (what) => {
  it.each(['xdp', 'tcx-ingress', 'tcx-egress'] as const)('leaves what Node finds inside, on %s', (hook) => {
    const { programs, maps } = compileCarried(what, hook);
    const [program] = programs;
    if (program === undefined) throw new Error('there is a program');
    const kept = FRAMES[what].map((packet) => {
      const { returned, packet: after } = evaluate(program.ir, {
        packet,
        linear: packet.length,
        maps: new EvaluatorMaps(maps),
      });
      const expected = leftOf(what, packet);
      if (expected === undefined) expect(BigInt.asIntN(32, returned)).toBe(hook === 'xdp' ? 1n : 2n);
      else expect(hex(after)).toBe(hex(expected));
      return expected !== undefined;
    });
    expect(new Set(kept)).toEqual(new Set([true, false]));
  });
});
