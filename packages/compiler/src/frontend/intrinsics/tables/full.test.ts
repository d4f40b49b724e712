import { describe, expect, it } from 'vitest';
import { COUNTERS, EVENT, EVENTS } from '../../../abi/index.ts';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import { compileFull, FRAMES } from './fixtures/load.ts';

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
    const counters = maps.store(COUNTERS).lookup(new Uint8Array(4)) ?? new Uint8Array();
    const read = (name: string) =>
      new DataView(counters.buffer).getBigUint64(8 * plan.counters.slots.indexOf(name), true);
    expect(['table ports full', 'reason crowded', 'reason crowded over limit'].map(read)).toEqual([2n, 1n, 1n]);
  });
});
