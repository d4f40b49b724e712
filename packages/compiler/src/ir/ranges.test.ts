import { describe, expect, it } from 'vitest';
import { createEnvironment } from '../evaluate/environment.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import { makeExperiment } from '../fuzz/experiment.ts';
import { allTables, EVENTS } from '../fuzz/tables.ts';
import { verifierReasoning } from '../optimise/verifier-reasoning.ts';
import { ProgramBuilder } from './builder.ts';
import { contains, exactly } from './interval.ts';
import { exactReasoning, rangesOf, rangesOfSome } from './ranges.ts';

describe('rangesOf', () => {
  it.each([
    ['what operations compute', exactReasoning],
    ['what the verifier proves', verifierReasoning],
  ])('bounds every value that generated programs compute, by %s', (_, reasoning) => {
    let compared = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { program, packets } = makeExperiment(seed);
      const functions = [program, ...(program.subprograms ?? [])];
      const ranges = new Map(functions.map((one) => [one.name, rangesOfSome(one, one.values.keys(), reasoning)]));
      const maps = new EvaluatorMaps([...allTables, EVENTS], { cpus: 1 });
      for (const packet of packets.slice(0, 3)) {
        const { trace } = evaluate(program, { packet, maps, environment: createEnvironment(), trace: true });
        for (const { program: name, text, block, result } of trace) {
          const value = /^v(\d+):/.exec(text)?.[1];
          if (value === undefined || typeof result !== 'bigint') continue;
          compared++;
          const found = exactly(BigInt.asIntN(64, result));
          const bounds = ranges.get(name)?.in(Number(value), block);
          expect(bounds !== undefined && contains(bounds, found), `seed ${seed}, ${text}`).toBe(true);
        }
      }
    }
    expect(compared).toBeGreaterThan(1000);
  });

  it('bounds the counter of a loop by its test', () => {
    const b = new ProgramBuilder('count', 'xdp');
    const [head, body, done] = [b.block(), b.block(), b.block()];
    const [zero, one, ten] = [b.constant(b.entry, 0n), b.constant(b.entry, 1n), b.constant(b.entry, 10n)];
    b.terminate(b.entry, { op: 'jump', target: head });
    const counter = b.phi(head, []);
    const more = b.compare(head, 'slt', counter, ten);
    b.terminate(head, { op: 'branch', condition: more, then: body, otherwise: done });
    const next = b.alu(body, 'add', counter, one);
    b.terminate(body, { op: 'jump', target: head });
    b.completePhi(head, counter, [
      { block: b.entry, value: zero },
      { block: body, value: next },
    ]);
    b.terminate(done, { op: 'return', value: counter });
    const ranges = rangesOf(b.finish());
    expect(ranges.of(counter)).toEqual({ lo: 0n, hi: 10n });
    expect(ranges.in(counter, body)).toEqual({ lo: 0n, hi: 9n });
    expect(ranges.in(counter, done)).toEqual({ lo: 10n, hi: 10n });
  });
});
