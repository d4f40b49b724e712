import { packetFromText } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import type { ContextValues } from '../evaluate/context.ts';
import { createEnvironment } from '../evaluate/environment.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import type { Hook } from '../ir/types.ts';
import { chainMap, PATH } from './chain.ts';
import { compileStep, KEY } from './fixtures/load.ts';
import type { VERDICTS } from './fixtures/step.vnf.ts';
import { markWord, PASS, RESUME } from './mark.ts';

const FRAME = packetFromText('eth 02:00:00:00:00:0a > 02:00:00:00:00:0b / ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 53');
const NEXT = { kind: 'tail-call', map: 'chain', index: 1 } as const;
const wordBytes = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);

/** Two functions, of which the second drops: the verdict and who wrote the frame, for as many packets. */
function run(
  hook: Hook,
  verdict: (typeof VERDICTS)[number],
  { present = true, packets = 1, context = {} }: { present?: boolean; packets?: number; context?: ContextValues } = {},
) {
  const first = compileStep(hook, { writes: 'src', verdict, next: NEXT });
  const second = compileStep(hook, { writes: 'dst', verdict: 'drop' });
  const maps = new EvaluatorMaps([...first.maps, chainMap('chain', 2)]);
  if (present) maps.store('chain').update(wordBytes(1), wordBytes(42), 'any');
  const environment = createEnvironment({ program: (id) => (id === 42 ? second.program.ir : undefined) });
  return Array.from({ length: packets }, () => {
    const { returned, packet } = evaluate(first.program.ir, { packet: FRAME, maps, environment, context });
    const seen = [packet[11] === 1 ? ['first'] : [], packet[5] === 2 ? ['second'] : []].flat();
    return [BigInt.asIntN(32, returned), ...seen];
  });
}

/** Functions at 4 and 5, the first of which drops; the packet comes to the first. */
function runMarked(hook: 'tcx-ingress' | 'tcx-egress', word: number) {
  const next = { kind: 'tail-call', map: PATH, index: 5 } as const;
  const first = compileStep(hook, { writes: 'src', verdict: 'drop', next, position: 4 });
  const second = compileStep(hook, { writes: 'dst', verdict: 'drop', position: 5 });
  const maps = new EvaluatorMaps([...first.maps, chainMap(PATH, 8)]);
  maps.store(PATH).update(wordBytes(5), wordBytes(42), 'any');
  const environment = createEnvironment({ program: (id) => (id === 42 ? second.program.ir : undefined) });
  const context = { mark: KEY, [hook === 'tcx-egress' ? 'priority' : 'cb0']: word };
  const {
    returned,
    packet,
    context: after,
  } = evaluate(first.program.ir, { packet: FRAME, maps, environment, context });
  const seen = packet[11] === 1 ? 'first' : packet[5] === 2 ? 'second' : '';
  return { verdict: BigInt.asIntN(32, returned), seen, mark: after.mark ?? 0 };
}

describe('a function with another behind it', () => {
  it('goes on there with next, and only with next', () => {
    expect(run('xdp', 'next')).toEqual([[1n, 'first', 'second']]);
    expect(run('xdp', 'stack')).toEqual([[2n, 'first']]);
    expect(run('xdp', 'drop')).toEqual([[1n, 'first']]);
    expect(run('tcx-ingress', 'next')).toEqual([[2n, 'first', 'second']]);
  });

  it('lets no packet past a function that is not there', () => {
    expect(run('xdp', 'next', { present: false })).toEqual([[0n, 'first']]);
    expect(run('tcx-egress', 'next', { present: false })).toEqual([[2n, 'first']]);
  });

  it('goes on there with packets that the slow path resumes, and with those over a limit whose verdict is next', () => {
    const resumed = run('tcx-egress', 'drop', { context: { mark: KEY, priority: RESUME } });
    expect(resumed).toEqual([[2n, 'second']]);
    expect(run('xdp', 'slowPath', { packets: 2 })).toEqual([
      [1n, 'first'],
      [1n, 'first', 'second'],
    ]);
  });

  it.each(['tcx-ingress', 'tcx-egress'] as const)('passes on %s what the slow path marks to its place', (hook) => {
    const marked = (position: number, what: number) => runMarked(hook, markWord(position, what));
    expect(marked(4, RESUME)).toEqual({ verdict: 2n, seen: 'second', mark: 0 });
    expect(marked(5, 1)).toEqual({ verdict: 2n, seen: 'second', mark: 0 });
    expect(marked(5, RESUME)).toEqual({ verdict: -1n, seen: '', mark: 0 });
    expect(marked(5, PASS)).toEqual({ verdict: -1n, seen: '', mark: 0 });
    expect(marked(4, 2)).toEqual({ verdict: 2n, seen: 'first', mark: 0 });
    expect(marked(6, RESUME)).toEqual({ verdict: 2n, seen: '', mark: KEY });
  });

  it('names the program array in its code and not among its own maps', () => {
    const { program, maps } = compileStep('xdp', { writes: 'src', verdict: 'next', next: NEXT });
    expect(program.compiled.spec.relocations.map(({ map }) => map)).toContain('chain');
    expect(maps.map(({ name }) => name)).not.toContain('chain');
    expect(program.compiled.listing()).toMatch(/r3 = 1\n.*call bpf_tail_call/);
  });
});
