import { textOf } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import { CASES, compileWork } from './fixtures/load.ts';
import { WORKS } from './fixtures/tunnels.vnf.ts';

const DROP = 1n;
const shown = (bytes: Uint8Array) => `${textOf(bytes)}\n${Buffer.from(bytes).toString('hex')}`;

describe.each(WORKS)('%s', (what) => {
  it('makes the bytes that Node makes, behind no tag, one and two', () => {
    const { programs, maps } = compileWork(what);
    const [program] = programs;
    if (program === undefined) throw new Error('there is a program');
    const cases = CASES.filter((one) => one.what === what);
    expect(cases.length).toBe(9);
    for (const { frame, becomes } of cases) {
      const { returned, packet } = evaluate(program.ir, { packet: frame, maps: new EvaluatorMaps(maps) });
      if (becomes === undefined) expect(returned).toBe(DROP);
      else expect(shown(packet)).toBe(shown(becomes));
    }
  });

  it('survives frames cut at every length', () => {
    const { programs, maps } = compileWork(what);
    const [program] = programs;
    const [first] = CASES.filter((one) => one.what === what);
    if (program === undefined || first === undefined) throw new Error('there is a program and a case');
    for (let length = 14; length < first.frame.length; length++) {
      const { returned } = evaluate(program.ir, {
        packet: first.frame.slice(0, length),
        maps: new EvaluatorMaps(maps),
      });
      expect([1n, 2n]).toContain(returned);
    }
  });
});
