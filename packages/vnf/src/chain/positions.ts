// Numbers for places. A place keeps its number as long as it and everything behind it are as they were; all others get new
// ones, so that old and new places stand side by side, and packets change from the ones to the others at the roots alone.
import { ChainSpecError } from './chain-spec-error.ts';
import type { Behind, OwnPlace, Placement, Root } from './placement.ts';
import type { ChainPlan, Link, Place } from './plan-chain.ts';

/** A chain as it runs, or as it will. */
export interface PlacedChain {
  readonly placements: ReadonlyMap<string, Placement>;
  readonly roots: readonly Root[];
}

/** As many functions one behind the other: the kernel follows 33 tail calls for a packet, of which one may lead to the first. */
export const MOST_IN_LINE = 33;

/** @throws ChainSpecError where more functions are one behind the other than the kernel follows. */
export function placeChain(
  chain: string,
  plan: ChainPlan,
  { present, allocate }: { readonly present?: PlacedChain | undefined; allocate(): number },
): PlacedChain {
  checkLengths(chain, plan);
  const kept = keptPlaces(plan, present);
  const numbers = new Map<string, number>();
  for (const id of plan.places.keys()) numbers.set(id, kept.get(id)?.position ?? allocate());
  const numberOf = (id: string) => numbers.get(id) ?? -1;
  const placements = [...plan.places].map(
    ([id, place]) => [id, kept.get(id) ?? placementOf(chain, place, numberOf)] as const,
  );
  const roots = plan.roots.map(({ port, hook, id }) => ({ port, hook, position: numberOf(id) }));
  return { placements: new Map(placements), roots };
}

function placementOf(chain: string, place: Place, numberOf: (id: string) => number): Placement {
  const { function: name, hook, direction, entry, next, back, out, exits, flood, routed, own } = place;
  const behind = (link: Link): Behind => {
    if (link.kind === 'place') return { kind: 'position', position: numberOf(link.id) };
    if (link.kind !== 'leave') return link;
    return { kind: 'leave', position: link.id === undefined ? 0 : numberOf(link.id) };
  };
  const ownOf = (given: NonNullable<Place['own']>): OwnPlace =>
    given.kind === 'raise'
      ? given
      : {
          kind: 'copy',
          floods: given.floods.map(({ id, to }) => ({ position: numberOf(id), to: to.map(behind) })),
        };
  return {
    position: numberOf(place.id),
    chain,
    function: name,
    hook,
    direction,
    entry,
    next: behind(next),
    back: behind(back),
    out: behind(out),
    exits: Object.fromEntries(Object.entries(exits).map(([port, link]) => [port, behind(link)])),
    ...(flood !== undefined && { flood: behind(flood) }),
    ...(routed !== undefined && { routed: routed.map(({ ifindex, to }) => ({ ifindex, to: behind(to) })) }),
    ...(own !== undefined && { own: ownOf(own) }),
  };
}

/** Those that are as before with all that is behind them: all that have one of their name, less those that differ, less those
 *  that lead to one that differs. */
function keptPlaces({ places }: ChainPlan, present: PlacedChain | undefined): ReadonlyMap<string, Placement> {
  const kept = new Map([...(present?.placements ?? [])].filter(([id]) => places.has(id)));
  const numberOf = (id: string) => kept.get(id)?.position ?? -1;
  for (let before = -1; before !== kept.size; ) {
    before = kept.size;
    for (const [id, placement] of kept) {
      const place = places.get(id);
      if (place !== undefined && isSame(placement, placementOf(placement.chain, place, numberOf))) continue;
      kept.delete(id);
    }
  }
  return kept;
}

const isSame = (a: Placement, b: Placement): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Without those that a bounced packet meets on its way back, and without circles of functions with ports: which packets go so far
 *  cannot be said here. Those that go farther than the kernel follows are dropped. */
function checkLengths(chain: string, { places, roots }: ChainPlan): void {
  const longest = new Map<string, number>();
  const lengthFrom = (id: string): number => {
    const known = longest.get(id);
    if (known !== undefined) return known;
    longest.set(id, 0);
    const place = places.get(id);
    if (place === undefined) return 0;
    const links = [place.next, ...Object.values(place.exits)];
    const length = 1 + Math.max(0, ...links.map((link) => (link.kind === 'place' ? lengthFrom(link.id) : 0)));
    longest.set(id, length);
    return length;
  };
  for (const { port, id } of roots) {
    const length = lengthFrom(id);
    if (length <= MOST_IN_LINE) continue;
    const why = `a packet at port ${port} can meet ${length} functions, one behind the other`;
    const hint = `the kernel follows 33 tail calls for one packet: let it be ${MOST_IN_LINE} functions at most`;
    throw new ChainSpecError(chain, ['paths'], why, hint);
  }
}
