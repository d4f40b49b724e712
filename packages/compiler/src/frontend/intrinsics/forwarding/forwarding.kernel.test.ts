import { BpfProgram, createMaps, setCpu, xdpContext } from '@twinpath/ebpf';
import { packetFromText } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import { CPUS, PORTS } from '../../../abi/index.ts';
import { VERDICTS } from './fixtures/forwarding.vnf.ts';
import { compileVerdict, LAN } from './fixtures/load.ts';

const FRAME = packetFromText('ip 10.0.0.1 > 192.0.2.9 / udp 4000 > 53');
const COMPILES = {
  'tcx-egress': new Set<string>(['bounce', 'flood', 'spread']),
  'tcx-ingress': new Set<string>(['spread']),
  xdp: new Set<string>(['clone']),
};

describe.each(['xdp', 'tcx-ingress', 'tcx-egress'] as const)('on %s the verifier accepts', (hook) => {
  it.each(VERDICTS.filter((what) => !COMPILES[hook].has(what)))('%s', (what) => {
    const { programs, maps: specs } = compileVerdict(what, hook);
    using owned = new DisposableStack();
    const maps = createMaps(specs, owned);
    const [made] = programs;
    if (made === undefined) throw new Error('there is a program');
    const program = owned.use(BpfProgram.load(made.compiled.spec, { maps }));
    if (what === 'clone') {
      // No port has an interface: the kernel copies nothing, and the packet is where it was.
      const { retval, data } = program.testRun({ data: FRAME });
      expect([retval, ...data.subarray(6, 12)]).toEqual([0, 2, 0, 0, 0, 0, 0x99]);
    }
    if (hook !== 'xdp') return;
    // Only the second port has an entry: the loopback interface stands for it.
    maps[PORTS]?.update(new Uint8Array(Uint32Array.of(1).buffer), new Uint8Array(Uint32Array.of(LAN).buffer));
    const ctx = xdpContext({ length: FRAME.length, ingressIfindex: LAN });
    const { retval } = program.testRun({ data: FRAME, ctx });
    const expected: Readonly<Record<string, number>> = {
      forward: 4,
      'forward named': 4,
      'next hop': 1,
      bounce: 3,
      flood: 4,
      route: 2,
      link: 1,
      spread: 2,
    };
    expect(retval).toBe(expected[what]);
    if (what !== 'spread' || maps[CPUS] === undefined) return;
    setCpu(maps[CPUS], 0, 16);
    expect(program.testRun({ data: FRAME, ctx }).retval).toBe(4);
  });
});
