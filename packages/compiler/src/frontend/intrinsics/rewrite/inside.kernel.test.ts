import { BpfProgram, createMaps } from '@twinpath/ebpf';
import { textOf } from '@twinpath/packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carriedFrames, compileInside, writtenInside } from './fixtures/inside.ts';
import { INSIDE } from './fixtures/inside.vnf.ts';

const XDP_DROP = 1;
const shown = (bytes: Uint8Array) => `${textOf(bytes)}\n${Buffer.from(bytes).toString('hex')}`;

describe('writing inside of a tunnel', () => {
  it.each(INSIDE)('makes the same bytes in the kernel as Node does: %s', (what) => {
    const { programs, maps: specs } = compileInside(what);
    using owned = new DisposableStack();
    const maps = createMaps(specs, owned);
    const [made] = programs;
    if (made === undefined) throw new Error('there is a program');
    const program = owned.use(BpfProgram.load(made.compiled.spec, { maps }));
    fc.assert(
      fc.property(carriedFrames, (frame) => {
        const { retval, data } = program.testRun({ data: frame });
        if (retval === XDP_DROP) return; // SCTP whose ports would change
        const expected = writtenInside(what, frame);
        if (Buffer.compare(data, expected) !== 0) expect(shown(data)).toBe(shown(expected));
      }),
      { numRuns: 150 },
    );
  });
});
