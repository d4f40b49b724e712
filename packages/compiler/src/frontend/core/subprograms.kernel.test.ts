import { BpfProgram, createMaps } from '@twinpath/ebpf';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../evaluate/maps/evaluator-maps.ts';
import { hex } from '../../fuzz/experiment.ts';
import { CALLS } from './fixtures/calls.vnf.ts';
import { compileCalls, FRAMES } from './fixtures/load.ts';

type Entries = Iterable<readonly [Uint8Array, Uint8Array]>;
const texts = (entries: Entries) => [...entries].map((entry) => entry.map(hex).join()).sort();

describe.each(['xdp', 'tcx-ingress'] as const)('on %s', (hook) => {
  it.each(CALLS)('the kernel calls subprograms as the evaluator does: %s', (what) => {
    const { programs, maps: specs } = compileCalls(what, hook);
    const [made] = programs;
    if (made === undefined) throw new Error('there is a program');
    using owned = new DisposableStack();
    const maps = createMaps(specs, owned);
    const program = owned.use(BpfProgram.load(made.compiled.spec, { maps }));
    const evaluated = new EvaluatorMaps(specs);
    for (const frame of FRAMES) {
      const wanted = evaluate(made.ir, { packet: frame, maps: evaluated });
      expect(BigInt(program.testRun({ data: frame }).retval)).toBe(BigInt.asUintN(32, wanted.returned));
    }
    expect(texts(maps.seen?.entries() ?? [])).toEqual(texts(evaluated.store('seen').entries()));
  });
});
