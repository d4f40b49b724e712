import { join } from 'node:path';
import { packetFromText, textOf } from '@twinpath/packet';
import { expect, it } from 'vitest';
import { lowerPrograms } from '../../../compile.ts';
import { evaluate } from '../../../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../../../evaluate/maps/evaluator-maps.ts';
import { importVnf } from '../../modules/import-vnf.ts';

const target = { clock: 'simulated', cpus: 1, ports: [], classifiers: new Map(), seed: 1, key: 7 } as const;
const imported = await importVnf(join(import.meta.dirname, 'fixtures/sessions.vnf.ts'));
const { programs, maps: specs } = lowerPrograms(imported, {
  config: undefined,
  target,
  programs: [{ hook: 'xdp' }],
});

it.each([
  ['10.0.0.1', '10.0.0.2'],
  ['fd00::1', 'fd00::2'],
])('a packet becomes the flow in an entry, or its reverse: %s', (a, b) => {
  const [program] = programs;
  if (program === undefined) throw new Error('there is a program');
  const maps = new EvaluatorMaps(specs);
  const run = (text: string) => textOf(evaluate(program.ir, { packet: packetFromText(text), maps }).packet);
  const question = `ip ${a} > ${b} / udp 4000 > 53 / "?"`;
  const same = (text: string) => textOf(packetFromText(text));
  expect(run(question)).toBe(same(question));
  expect(run(question)).toBe(same(`ip ${a} > ${a} / udp 4000 > 7 / "?"`));
  expect(run(`ip ${b} > ${a} / udp 53 > 4000 / "!"`)).toBe(same(`ip ${a} > ${a} / udp 7 > 4000 / "!"`));
});

it('an entry whose addresses are of the other family rewrites nothing: the packet is dropped', () => {
  const [program] = programs;
  if (program === undefined) throw new Error('there is a program');
  const maps = new EvaluatorMaps(specs);
  const packet = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 53 / "?"');
  evaluate(program.ir, { packet, maps });
  const store = maps.store('sessions.4');
  const [[key, value] = []] = [...store.entries()];
  if (key === undefined || value === undefined) throw new Error('there is an entry');
  store.update(key, value.slice().fill(0x20), 'any');
  expect(evaluate(program.ir, { packet, maps }).returned).toBe(0n);
});
