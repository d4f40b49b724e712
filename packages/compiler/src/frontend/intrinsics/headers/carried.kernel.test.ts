import { BpfProgram, createMaps } from '@twinpath/ebpf';
import { describe, expect, it } from 'vitest';
import { compileCarried, FRAMES, leftOf, WHATS } from './fixtures/carried.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe.each(WHATS)('%s', (what) => {
  it.each(['xdp', 'tcx-ingress'] as const)('leaves in the kernel what Node finds inside, on %s', (hook) => {
    using owned = new DisposableStack();
    const { programs, maps: specs } = compileCarried(what, hook);
    const maps = createMaps(specs, owned);
    const [made] = programs;
    if (made === undefined) throw new Error('there is a program');
    const program = owned.use(BpfProgram.load(made.compiled.spec, { maps }));
    for (const frame of FRAMES[what]) {
      const { retval, data } = program.testRun({ data: frame });
      const expected = leftOf(what, frame);
      if (expected === undefined) expect(retval).toBe(hook === 'xdp' ? 1 : 2);
      else expect(hex(data)).toBe(hex(expected));
    }
  });
});
