import { join } from 'node:path';
import { packetFromText } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import { lowerPrograms } from '../compile.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import { importVnf } from '../frontend/modules/import-vnf.ts';
import { LISTENERS } from './listeners.ts';
import { COUNTERS } from './state.ts';

const imported = await importVnf(join(import.meta.dirname, 'fixtures', 'listen.vnf.ts'));
const target = { clock: 'simulated', cpus: 1, ports: [], classifiers: new Map(), seed: 1, key: 7 } as const;
const [WHOLE, COPIED] = [0, 1];
const FRAME = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 53');
const REDIRECT = { xdp: 4n, 'tcx-ingress': 7n } as const;

function listening(hook: 'xdp' | 'tcx-ingress', { copies, to }: { readonly copies: boolean; readonly to: number }) {
  const programs = [{ hook }] as const;
  const lowered = lowerPrograms(imported, { target, config: { copies }, programs });
  const maps = new EvaluatorMaps(lowered.maps);
  const indexes = new Uint32Array(2);
  indexes[copies ? COPIED : WHOLE] = to;
  maps.store(LISTENERS).update(new Uint8Array(4), new Uint8Array(indexes.buffer), 'any');
  const [program] = lowered.programs;
  if (program === undefined) throw new Error('there is a program');
  const run = () => evaluate(program.ir, { packet: FRAME, maps });
  const counted = (name: string) => {
    const { buffer } = maps.store(COUNTERS).lookup(new Uint8Array(4)) ?? new Uint8Array();
    return Number(new DataView(buffer).getBigUint64(lowered.plan.counters.slots.indexOf(name) * 8, true));
  };
  return { run, counted };
}

describe("a packet by way of 'interface'", () => {
  it.each(['xdp', 'tcx-ingress'] as const)('leaves by the interface itself on %s', (hook) => {
    const { run, counted } = listening(hook, { copies: false, to: 9 });
    const { returned, redirect } = run();
    expect({ returned, redirect }).toMatchObject({
      returned: REDIRECT[hook],
      redirect: { kind: 'interface', ifindex: 9 },
    });
    expect([counted('reason whole'), counted('verdict slowPath'), counted('packets')]).toEqual([1, 1, 1]);
  });

  it('goes on as over the limit while the interface is not there', () => {
    const { run, counted } = listening('xdp', { copies: false, to: 0 });
    expect(run().returned).toBe(2n);
    expect([counted('reason whole'), counted('reason whole lost'), counted('verdict next')]).toEqual([0, 1, 1]);
  });
});

describe("a copy by way of 'interface'", () => {
  it('leaves on tc as the packet was, which goes on, within the limit', () => {
    const { run, counted } = listening('tcx-ingress', { copies: true, to: 9 });
    const first = run();
    expect(first.clones.map(({ ifindex }) => ifindex)).toEqual([9]);
    expect(BigInt.asIntN(32, first.returned)).toBe(-1n);
    run();
    expect([counted('reason copied'), counted('reason copied over limit')]).toEqual([1, 1]);
  });

  it('is refused on XDP', () => {
    expect(() => listening('xdp', { copies: true, to: 9 })).toThrow(/TP5006/);
  });
});
