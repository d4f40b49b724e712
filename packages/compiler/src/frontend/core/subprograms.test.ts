import { describe, expect, it } from 'vitest';
import type { CompiledFunction } from '../../compile.ts';
import { evaluate } from '../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../evaluate/maps/evaluator-maps.ts';
import { hex } from '../../fuzz/experiment.ts';
import { validate } from '../../ir/validate.ts';
import { CALLS } from './fixtures/calls.vnf.ts';
import { type Calls, compileCalls, FRAMES } from './fixtures/load.ts';

function only({ programs }: CompiledFunction) {
  const [program] = programs;
  if (program === undefined) throw new Error('there is a program');
  return program;
}

const named = (what: Calls): readonly string[] =>
  (only(compileCalls(what, 'xdp')).compiled.spec.subprograms ?? []).map(({ name }) => name);

function behaviour(compiled: CompiledFunction) {
  const { ir } = only(compiled);
  validate(ir);
  const maps = new EvaluatorMaps(compiled.maps);
  const verdicts = FRAMES.map((packet) => evaluate(ir, { packet, maps }).returned);
  const entries = ['seen', 'counters'].map((name) => [...maps.store(name).entries()].map((entry) => entry.map(hex)));
  return { verdicts, entries };
}

describe('a function that is large and called from several places', () => {
  it.each(CALLS)('does as a subprogram what it does inlined, in less code: %s', (what) => {
    const [called, inlined] = [compileCalls(what, 'xdp'), compileCalls(what, 'xdp', true)];
    expect(behaviour(called)).toEqual(behaviour(inlined));
    const [smaller, larger] = [called, inlined].map((one) => only(one).compiled.statistics.instructions);
    expect(smaller).toBeLessThan(larger ?? 0);
  });

  it('gives a number, one of several verdicts, or nothing; is given numbers; calls another', () => {
    expect(CALLS.map((what) => [what, ...named(what).toSorted()])).toMatchInlineSnapshot(`
      [
        [
          "numbers",
          "mix",
        ],
        [
          "verdicts",
          "judge",
        ],
        [
          "tables",
          "remember",
        ],
        [
          "nested",
          "mix",
          "twice",
        ],
        [
          "loops",
          "digits",
        ],
      ]
    `);
  });

  it('is inlined where it is given the packet', () => {
    expect(only(compileCalls('numbers', 'xdp', true)).ir.subprograms).toBeUndefined();
  });
});
