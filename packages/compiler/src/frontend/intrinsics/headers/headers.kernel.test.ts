import { BpfProgram, createMaps, skbChecksumState } from '@twinpath/ebpf';
import { textOf } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import type { CompiledFunction } from '../../../compile.ts';
import { CASES, compileWork, withoutTag } from './fixtures/load.ts';
import { WORKS } from './fixtures/tunnels.vnf.ts';

const DROP = 1;
const DROPPED_ON_TC = 2;
const shown = (bytes: Uint8Array) => `${textOf(bytes)}\n${Buffer.from(bytes).toString('hex')}`;

describe.each(WORKS)('%s', (what) => {
  function expectSame(made: CompiledFunction, dropped: number, expected: (frame: Uint8Array) => Uint8Array): void {
    using owned = new DisposableStack();
    const maps = createMaps(made.maps, owned);
    const [first] = made.programs;
    if (first === undefined) throw new Error('there is a program');
    const program = owned.use(BpfProgram.load(first.compiled.spec, { maps }));
    for (const { frame, becomes } of CASES.filter((one) => one.what === what)) {
      const { retval, data } = program.testRun({ data: frame });
      if (becomes === undefined) expect(retval).toBe(dropped);
      else expect(shown(data)).toBe(shown(expected(becomes)));
    }
  }

  it('makes the bytes that Node makes, in the kernel', () => {
    expectSame(compileWork(what), DROP, (becomes) => becomes);
  });

  it.each(['tcx-ingress', 'tcx-egress'] as const)('makes the same bytes on %s', (hook) => {
    expectSame(compileWork(what, hook, skbChecksumState()), DROPPED_ON_TC, withoutTag);
  });
});
