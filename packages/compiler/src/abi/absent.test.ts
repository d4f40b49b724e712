import { packetFromText } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import { createEnvironment } from '../evaluate/environment.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import { chainMap } from './chain.ts';
import { compileStep } from './fixtures/load.ts';
import { ABSENT, STATE } from './state.ts';

const FRAME = packetFromText('eth 02:00:00:00:00:0a > 02:00:00:00:00:0b / ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 53');
const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const NEXT = { kind: 'tail-call', map: 'chain', index: 1 } as const;

/** What becomes of a packet that its verdict hands up, and whether the function behind saw it. */
function handUp(hook: 'xdp' | 'tcx-egress', absent: keyof typeof ABSENT, verdict: 'slowPath' | 'stack' = 'slowPath') {
  const { program, maps: specs } = compileStep(hook, { writes: 'src', verdict, next: NEXT });
  const behind = compileStep(hook, { writes: 'dst', verdict: 'next' });
  const maps = new EvaluatorMaps([...specs, chainMap('chain', 2)]);
  maps.store('chain').update(word(1), word(42), 'any');
  const state = new Uint8Array(STATE.size);
  state[STATE.absent] = ABSENT[absent];
  maps.store(STATE.map).update(word(0), state, 'any');
  const environment = createEnvironment({ program: (id) => (id === 42 ? behind.program.ir : undefined) });
  const { returned, packet } = evaluate(program.ir, { packet: FRAME, maps, environment });
  return [BigInt.asIntN(32, returned), packet[5] === 2];
}

describe('while the slow path is not there', () => {
  it('packets for it end, or go on behind the function, as the state says', () => {
    expect(handUp('xdp', 'drop')).toEqual([1n, false]);
    expect(handUp('xdp', 'pass')).toEqual([2n, true]);
    expect(handUp('tcx-egress', 'drop')).toEqual([2n, false]);
    expect(handUp('tcx-egress', 'pass')).toEqual([-1n, true]);
  });

  it('all other packets go their way', () => {
    for (const absent of ['no', 'drop', 'pass'] as const) expect(handUp('xdp', absent, 'stack')).toEqual([2n, false]);
  });
});
