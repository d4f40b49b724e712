import { BpfProgram, createMaps, skbChecksumState } from '@twinpath/ebpf';
import { packetView, textOf } from '@twinpath/packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frames, isWholeSctp } from './fixtures/frames.ts';
import { compileWrite, written } from './fixtures/load.ts';
import { WRITES } from './fixtures/rewriting.vnf.ts';

/** Test runs of tc programs take no IP packet without a whole header. */
const SKB_LEAST = 54;

describe.each(WRITES)('writing %s', (what) => {
  it.each(['xdp', 'tcx-egress'] as const)('makes the same bytes as Node does, on %s in the kernel', (hook) => {
    const { programs, maps: specs } = compileWrite(what, hook, skbChecksumState());
    using owned = new DisposableStack();
    const maps = createMaps(specs, owned);
    const [made] = programs;
    if (made === undefined) throw new Error('there is a program');
    const program = owned.use(BpfProgram.load(made.compiled.spec, { maps }));
    fc.assert(
      fc.property(
        frames.filter((frame) => hook === 'xdp' || frame.length >= SKB_LEAST),
        (frame) => {
          const expected = written(what, frame);
          if (isWholeSctp(frame) && changesPorts(frame, expected)) return;
          const { data } = program.testRun({ data: frame });
          if (Buffer.compare(data, expected) !== 0) expect(hexAndText(data)).toBe(hexAndText(expected));
        },
      ),
      { numRuns: 200 },
    );
  });
});

const hexAndText = (bytes: Uint8Array) => `${textOf(bytes)}\n${Buffer.from(bytes).toString('hex')}`;

const changesPorts = (before: Uint8Array, after: Uint8Array) => {
  const ports = (bytes: Uint8Array) => JSON.stringify(packetView(bytes, { port: 'port', now: 0 }).ip()?.flow());
  return ports(before) !== ports(after);
};
