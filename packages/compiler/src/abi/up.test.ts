import { join } from 'node:path';
import { packetFromText } from '@twinpath/packet';
import { expect, it } from 'vitest';
import { lowerPrograms } from '../compile.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import { importVnf, readFunction } from '../frontend/modules/import-vnf.ts';
import { COUNTERS } from './state.ts';

const file = join(import.meta.dirname, 'fixtures', 'up.vnf.ts');
const target = { clock: 'simulated', cpus: 1, ports: [], classifiers: new Map(), seed: 1, key: 7 } as const;

it('of a function without a fast path, every packet goes up, both ways', async () => {
  const { programs, plan, maps: specs } = lowerPrograms(await importVnf(file), { target });
  expect(programs.map(({ hook }) => hook)).toEqual(['xdp', 'tcx-egress']);
  for (const { ir, hook } of programs) {
    const maps = new EvaluatorMaps(specs);
    const packet = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 53');
    const { returned } = evaluate(ir, { packet, maps });
    // XDP_DROP; a local sender is told that its packet is on its way.
    expect(returned).toBe(hook === 'xdp' ? 1n : 7n);
    const counted = new DataView((maps.store(COUNTERS).lookup(new Uint8Array(4)) ?? new Uint8Array()).buffer);
    const count = (name: string) => Number(counted.getBigUint64(plan.counters.slots.indexOf(name) * 8, true));
    expect([count('reason every'), count('verdict slowPath'), count('packets')]).toEqual([1, 1, 1]);
  }
});

it('its text alone says that it has a slow path', async () => {
  const { code } = await readFunction(file);
  expect([...code.call.members]).toEqual(['name', 'reasons', 'slowPath']);
});
