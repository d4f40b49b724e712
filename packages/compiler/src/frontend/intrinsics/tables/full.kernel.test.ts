import { BpfProgram, createMaps, RingBuffer } from '@twinpath/ebpf';
import { describe, expect, it } from 'vitest';
import { EVENTS } from '../../../abi/index.ts';
import { compileFull, FRAMES } from './fixtures/load.ts';

describe.each(['xdp', 'tcx-ingress'] as const)('on %s', (hook) => {
  it('the kernel tells of a full table as the evaluator does', () => {
    const { program: made, maps: specs } = compileFull(hook);
    using owned = new DisposableStack();
    const maps = createMaps(specs, owned);
    const program = owned.use(BpfProgram.load(made.compiled.spec, { maps }));
    const events = maps[EVENTS];
    if (events === undefined) throw new Error('there are events');
    const lengths: number[] = [];
    const ring = owned.use(new RingBuffer(events, (_, __, length) => lengths.push(length)));
    const [next, drop] = hook === 'xdp' ? [2, 1] : [0xffff_ffff, 2];
    const verdicts = FRAMES.map((data) => program.testRun({ data }).retval);
    expect(verdicts).toEqual([next, next, drop, drop, next]);
    ring.drain();
    expect(lengths).toEqual([32]);
  });
});
