import { packetFromText } from '@twinpath/packet';
import { hashOf } from '@twinpath/vnf';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import { locking } from './fixtures/load.ts';
import { end, pair } from './fixtures/locking.vnf.ts';

const FRAME = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 53 / zeros 100');

describe('lock and hashOf', () => {
  it('holds the lock to the end of its block on every way out, and hashes as Node does', () => {
    const { programs, maps: specs } = locking();
    const [program] = programs;
    if (program === undefined) throw new Error('there is a program');
    const maps = new EvaluatorMaps(specs);
    const run = () => evaluate(program.ir, { packet: FRAME, maps }).returned;
    const value = () => {
      const [entry] = [...maps.store('seen.4').entries()];
      const bytes = entry?.[1] ?? new Uint8Array();
      return new DataView(bytes.buffer, bytes.byteOffset);
    };
    const first = hashOf(pair, { first: 7, second: FRAME.length, third: 53 }, 5);
    expect(run()).toBe(2n);
    expect([value().getUint32(0, true), value().getUint32(8, true), value().getUint32(12, true)]).toEqual([
      1,
      10,
      first,
    ]);
    expect([run(), run()]).toEqual([2n, 1n]);
    const second = hashOf(end, { address: '10.0.0.1', port: 4000 }, 9);
    expect([value().getUint32(0, true), value().getUint32(8, true), value().getUint32(12, true)]).toEqual([
      2,
      20,
      second,
    ]);
  });

  it('tells the kernel where the lock lies', () => {
    const { maps } = locking();
    expect(maps.find(({ name }) => name === 'seen.4')).toMatchObject({ lockOffset: 4 });
  });
});
