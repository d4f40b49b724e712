import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mapBehind } from '../abi/front.ts';
import { lowerPrograms } from '../compile.ts';
import { importVnf } from '../frontend/modules/import-vnf.ts';

const target = { clock: 'simulated', cpus: 1, ports: [], classifiers: new Map(), seed: 1, key: 7 } as const;

it('names tables whose entries are assigned to, counted in, and reached in long loops; the others can have fronts', async () => {
  const imported = await importVnf(join(import.meta.dirname, 'fixtures/writing.vnf.ts'));
  const written = (config: object, hook: 'xdp' | 'tcx-egress') =>
    lowerPrograms(imported, { config, target, programs: [{ hook }] }).programs.flatMap(({ writes }) => writes);
  expect(written({ writes: false }, 'xdp')).toEqual(['rules.counted', 'looped']);
  expect(written({ writes: true }, 'xdp')).toEqual(['assigned', 'rules.counted', 'looped']);
  expect(written({ writes: true }, 'tcx-egress')).toEqual([]);
  const all = [{ hook: 'xdp' }, { hook: 'tcx-egress' }] as const;
  const fronts = (writes: boolean) =>
    lowerPrograms(imported, { config: { writes }, target, programs: all, specialise: true })
      .maps.flatMap(({ name }) => mapBehind(name) ?? [])
      .filter((name) => !name.endsWith('.6'));
  expect(fronts(false)).toEqual(['read.4', 'whole.4', 'assigned.4']);
  expect(fronts(true)).toEqual(['read.4', 'whole.4']);
});
