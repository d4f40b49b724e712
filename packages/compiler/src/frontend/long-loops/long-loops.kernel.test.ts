import { BpfProgram, createMaps } from '@twinpath/ebpf';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../evaluate/evaluate.ts';
import type { MapStore } from '../../evaluate/map-store.ts';
import { EvaluatorMaps } from '../../evaluate/maps/evaluator-maps.ts';
import { hex } from '../../fuzz/experiment.ts';
import { KernelStore } from '../../fuzz/kernel-store.ts';
import { compileLoop, FRAMES, fill } from './fixtures/load.ts';
import { LOOPS } from './fixtures/loops.vnf.ts';

const entriesOf = (store: MapStore) => [...store.entries()].map((entry) => entry.map(hex)).sort();

describe.each(['xdp', 'tcx-ingress'] as const)('on %s', (hook) => {
  it.each(LOOPS)('the kernel goes round as the evaluator does: %s', (what) => {
    const { programs, maps: specs } = compileLoop(what, hook);
    const [made] = programs;
    if (made === undefined) throw new Error('there is a program');
    using owned = new DisposableStack();
    const maps = createMaps(specs, owned);
    const program = owned.use(BpfProgram.load(made.compiled.spec, { maps }));
    const evaluated = new EvaluatorMaps(specs);
    const stores = specs.flatMap((spec) => {
      const map = maps[spec.name];
      const isCompared = spec.name === 'seen' || spec.name === 'closed';
      return isCompared && map ? [[evaluated.store(spec.name), new KernelStore(map, spec)] as const] : [];
    });
    for (const pair of stores) for (const store of pair) if (store.size === 1000) fill(store);
    for (const frame of FRAMES) {
      const wanted = evaluate(made.ir, { packet: frame, maps: evaluated, fuel: 10_000_000 });
      expect(BigInt(program.testRun({ data: frame }).retval)).toBe(BigInt.asUintN(32, wanted.returned));
    }
    for (const [ours, kernels] of stores) expect(entriesOf(kernels)).toEqual(entriesOf(ours));
  });
});
