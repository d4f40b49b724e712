import type { ChainPlan, ChainSpec, PlacedChain } from '@twinpath/vnf/chain';
import type { InstancePlaces } from '../instance-plane.ts';
import type { OpenPort } from './open-port.ts';

export interface PlacesGiven {
  readonly spec: ChainSpec;
  readonly plan: ChainPlan;
  readonly placed: PlacedChain;
  readonly ports: ReadonlyMap<string, OpenPort>;
  readonly arrays: InstancePlaces['arrays'];
}

/** By function. */
export function instancePlaces({
  spec,
  plan,
  placed,
  ports,
  arrays,
}: PlacesGiven): ReadonlyMap<string, InstancePlaces> {
  const opened = new Map([...ports.values()].map((port) => [port.ifindex, port] as const));
  const all = [...placed.placements.values()];
  const own = new Set(all.flatMap(({ own: is, position }) => (is === undefined ? [] : [position])));
  const beginnings = placed.roots.flatMap(({ port, hook, position }) => {
    const at = ports.get(port);
    return at === undefined || hook === 'tcx-egress' || own.has(position)
      ? []
      : [{ chain: spec.name, ifindex: at.ifindex, hook, position }];
  });
  return new Map(
    [...plan.ports].map(([name, own]) => [
      name,
      {
        placements: all.filter((placement) => placement.function === name),
        ports: own.map((port) => {
          const { spec: wanted, hook } = opened.get(port.ifindex) ?? {};
          return { ...port, namespace: wanted?.namespace, hook: hook === 'tcx' ? 'tcx-ingress' : 'xdp' } as const;
        }),
        beginnings,
        arrays,
        ...saidOf(spec, name),
        ...(isFused(spec) && { fuses: [spec.name] }),
      },
    ]),
  );
}

const isFused = ({ run = 'tail-calls' }: ChainSpec): boolean => run !== 'tail-calls';

/** Functions that are another chain's are as that chain says. */
function saidOf(
  { functions, specialise: ofAll }: ChainSpec,
  name: string,
): Pick<InstancePlaces, 'reasons' | 'specialise'> {
  const found = functions.find((one) => one.name === name);
  if (found === undefined || 'share' in found) return {};
  const { reasons, specialise = ofAll } = found;
  return { ...(reasons !== undefined && { reasons }), ...(specialise === 'traffic' && { specialise: true }) };
}
