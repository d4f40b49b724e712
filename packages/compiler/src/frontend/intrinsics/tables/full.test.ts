import type { MapSpec } from '@twinpath/ebpf';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { describe, expect, it } from 'vitest';
import { COUNTERS, EVENT, EVENTS } from '../../../abi/index.ts';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import { compileEvicting, compileFull, FRAMES } from './fixtures/load.ts';

describe('a full table with a notice', () => {
  it('refuses, counts, and tells as often as the notice may be sent', () => {
    const { program, maps: specs, plan } = compileFull('xdp');
    const maps = new EvaluatorMaps(specs);
    const returned = FRAMES.map((packet) => evaluate(program.ir, { packet, maps }).returned);
    expect(returned).toEqual([2n, 2n, 1n, 1n, 2n]);
    const [event, ...others] = maps.ring(EVENTS).drain();
    expect(others).toEqual([]);
    const view = new DataView(event?.buffer ?? new ArrayBuffer(0), event?.byteOffset);
    expect([event?.length, view.getUint16(EVENT.reason, true), view.getUint32(EVENT.captured, true)]).toEqual([
      32, 0, 0,
    ]);
    const slots = ['table ports full', 'reason crowded', 'reason crowded over limit'];
    expect(counted(maps, plan, slots)).toEqual([2n, 1n, 1n]);
  });
});

function counted(maps: EvaluatorMaps, { counters: { slots } }: FunctionPlan, names: readonly string[]) {
  const counters = maps.store(COUNTERS).lookup(new Uint8Array(4)) ?? new Uint8Array();
  return names.map((name) => new DataView(counters.buffer).getBigUint64(8 * slots.indexOf(name), true));
}

describe('a table that evicts', () => {
  const run = (type: MapSpec['type']) => {
    const { program, maps: specs, plan } = compileEvicting('xdp');
    const maps = new EvaluatorMaps(specs.map((spec) => (spec.name === 'ports' ? { ...spec, type } : spec)));
    const returned = FRAMES.map((packet) => evaluate(program.ir, { packet, maps }).returned);
    return [returned, counted(maps, plan, ['table ports full'])];
  };

  it('takes what comes, and counts what it cannot', () => {
    expect(run('lru-hash')).toEqual([[2n, 2n, 2n, 2n, 2n], [0n]]);
    // As where other CPUs have all that could go; that a key is there already is not counted.
    expect(run('hash')).toEqual([[2n, 2n, 1n, 1n, 1n], [2n]]);
  });
});
