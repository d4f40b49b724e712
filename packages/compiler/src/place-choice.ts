import type { Behind, Placement } from '@twinpath/vnf/chain';
import { type Continuation, PATH, WAYS } from './abi/chain.ts';
import type { ProgramChoice } from './compile.ts';

/** What program a place of a chain asks for. */
export function placeChoice(placement: Placement): ProgramChoice {
  const { hook, direction, position, entry, next, back, out, exits, flood, routed = [] } = placement;
  const to = (behind: Behind) => continuation(behind, position);
  return {
    hook,
    direction,
    position,
    entry,
    next: to(next),
    back: to(back),
    out: to(out),
    exits: new Map(Object.entries(exits).map(([port, exit]) => [port, to(exit)])),
    flood: flood && to(flood),
    routed: new Map(routed.map(({ ifindex, to: behind }) => [ifindex, to(behind)])),
  };
}

function continuation(behind: Behind, position: number): Continuation {
  switch (behind.kind) {
    case 'end':
    case 'leave':
      return behind;
    case 'position':
      return { kind: 'tail-call', map: PATH, index: behind.position };
    case 'interface': {
      const by = behind.crosses === true ? { by: { map: WAYS, index: position } } : {};
      return { kind: 'redirect', ifindex: behind.ifindex, ...by, ...(behind.peer === true && { peer: true }) };
    }
  }
}
