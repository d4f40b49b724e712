import type { ChainPlan, PlacedChain } from '@twinpath/vnf/chain';
import type { InstancePlaces } from '../instance-plane.ts';
import type { OpenPort } from './open-port.ts';

export interface PlacesGiven {
  readonly plan: ChainPlan;
  readonly placed: PlacedChain;
  readonly ports: ReadonlyMap<string, OpenPort>;
  readonly arrays: InstancePlaces['arrays'];
}

/** By function. */
export function instancePlaces({ plan, placed, ports, arrays }: PlacesGiven): ReadonlyMap<string, InstancePlaces> {
  const opened = new Map([...ports.values()].map((port) => [port.ifindex, port] as const));
  const all = [...placed.placements.values()];
  return new Map(
    [...plan.ports].map(([name, own]) => [
      name,
      {
        placements: all.filter((placement) => placement.function === name),
        ports: own.map((port) => {
          const { spec, hook } = opened.get(port.ifindex) ?? {};
          return { ...port, namespace: spec?.namespace, hook: hook === 'tcx' ? 'tcx-ingress' : 'xdp' } as const;
        }),
        arrays,
      },
    ]),
  );
}
