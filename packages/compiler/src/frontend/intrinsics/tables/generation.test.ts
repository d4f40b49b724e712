import { join } from 'node:path';
import { packetFromText } from '@twinpath/packet';
import { expect, it } from 'vitest';
import { STATE } from '../../../abi/state.ts';
import { compileFunction } from '../../../compile.ts';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import { importVnf } from '../../modules/import-vnf.ts';

const target = { clock: 'simulated', cpus: 1, ports: [], classifiers: new Map(), seed: 1, key: 7 } as const;
const [DROP, PASS] = [1n, 2n];

it('reads arrays of a rule set in the generation that packets see', async () => {
  const imported = await importVnf(join(import.meta.dirname, 'fixtures/generations.vnf.ts'));
  const { programs, maps: specs } = compileFunction(imported, { target, programs: [{ hook: 'xdp' }] });
  const [program] = programs;
  if (program === undefined) throw new Error('there is a program');
  const maps = new EvaluatorMaps(specs);
  const write = (map: string, index: number, value: Uint8Array) =>
    maps.store(map).update(Uint8Array.of(index, 0, 0, 0), value, 'any');
  for (const [generation, port] of [70, 71].entries()) {
    write(`rules.ports@${generation}`, 1, Uint8Array.of(port, 0, 0, 0, 0, 0, 0, 0));
  }
  const seen = (port: number) =>
    evaluate(program.ir, { packet: packetFromText(`ip 10.0.0.1 > 10.0.0.2 / udp 4000 > ${port}`), maps }).returned;
  for (const [generation, port] of [70, 71].entries()) {
    const state = new Uint8Array(STATE.size);
    state[STATE.generations] = generation;
    write(STATE.map, 0, state);
    expect([70, 71].filter((one) => seen(one) === DROP)).toEqual([port]);
    expect(seen(72)).toBe(PASS);
  }
});
