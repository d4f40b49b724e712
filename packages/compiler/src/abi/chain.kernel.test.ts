import { BpfMap, BpfProgram, createMaps, setTailCall, skbContext } from '@twinpath/ebpf';
import { packetFromText } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import { chainMap } from './chain.ts';
import { compileStep, KEY } from './fixtures/load.ts';
import { RESUME } from './mark.ts';

const FRAME = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 53');
const NEXT = { kind: 'tail-call', map: 'chain', index: 1 } as const;

describe.each(['xdp', 'tcx-ingress', 'tcx-egress'] as const)('on %s', (hook) => {
  it('the kernel runs the next function of a chain behind the first', () => {
    using owned = new DisposableStack();
    const chain = owned.use(BpfMap.create(chainMap('chain', 2)));
    const load = ({ program, maps }: ReturnType<typeof compileStep>) => {
      const own = createMaps(maps, owned);
      return owned.use(BpfProgram.load(program.compiled.spec, { maps: { ...own, chain } }));
    };
    const first = load(compileStep(hook, { writes: 'src', verdict: 'next', next: NEXT }));
    const second = load(compileStep(hook, { writes: 'dst', verdict: 'drop' }));
    const alone = first.testRun({ data: FRAME });
    expect(alone.retval).toBe(hook === 'xdp' ? 0 : 2);
    expect([...alone.data.subarray(0, 12)]).toEqual([...FRAME.subarray(0, 6), 2, 0, 0, 0, 0, 1]);
    setTailCall(chain, 1, second);
    const both = first.testRun({ data: FRAME });
    expect(both.retval).toBe(hook === 'xdp' ? 1 : 2);
    expect([...both.data.subarray(0, 12)]).toEqual([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
    if (hook !== 'tcx-egress') return;
    const resumed = first.testRun({ data: FRAME, ctx: skbContext({ mark: KEY, priority: RESUME }) });
    expect([...resumed.data.subarray(0, 12)]).toEqual([2, 0, 0, 0, 0, 2, ...FRAME.subarray(6, 12)]);
  });
});
