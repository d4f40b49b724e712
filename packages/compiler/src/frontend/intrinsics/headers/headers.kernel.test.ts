import { BpfMap, BpfProgram, skbChecksumState } from '@twinpath/ebpf';
import { textOf } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import { CASES, compileWork, withoutTag } from './fixtures/load.ts';
import { WORKS } from './fixtures/tunnels.vnf.ts';

const DROP = 1;
const DROPPED_ON_TC = 2;
const shown = (bytes: Uint8Array) => `${textOf(bytes)}\n${Buffer.from(bytes).toString('hex')}`;

describe.each(WORKS)('%s', (what) => {
  it('makes the bytes that Node makes, in the kernel', () => {
    const { programs, maps: specs } = compileWork(what);
    using owned = new DisposableStack();
    const maps = Object.fromEntries(specs.map((spec) => [spec.name, owned.use(BpfMap.create(spec))]));
    const [made] = programs;
    if (made === undefined) throw new Error('there is a program');
    const program = owned.use(BpfProgram.load(made.compiled.spec, { maps }));
    for (const { frame, becomes } of CASES.filter((one) => one.what === what)) {
      const { retval, data } = program.testRun({ data: frame });
      if (becomes === undefined) expect(retval).toBe(DROP);
      else expect(shown(data)).toBe(shown(becomes));
    }
  });

  it.each(['tcx-ingress', 'tcx-egress'] as const)('makes the same bytes on %s', (hook) => {
    const { programs, maps: specs } = compileWork(what, hook, skbChecksumState());
    using owned = new DisposableStack();
    const maps = Object.fromEntries(specs.map((spec) => [spec.name, owned.use(BpfMap.create(spec))]));
    const [made] = programs;
    if (made === undefined) throw new Error('there is a program');
    const program = owned.use(BpfProgram.load(made.compiled.spec, { maps }));
    for (const { frame, becomes } of CASES.filter((one) => one.what === what)) {
      const { retval, data } = program.testRun({ data: frame });
      if (becomes === undefined) expect(retval).toBe(DROPPED_ON_TC);
      else expect(shown(data)).toBe(shown(withoutTag(becomes)));
    }
  });
});
