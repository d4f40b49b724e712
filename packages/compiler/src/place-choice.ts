import type { Behind, Placement } from '@twinpath/vnf/chain';
import { type Continuation, PATH } from './abi/chain.ts';
import type { ProgramChoice } from './compile.ts';

/** What program a place of a chain asks for. */
export function placeChoice(placement: Placement): ProgramChoice {
  const { hook, direction, position, entry, next, back, out, exits, flood, routed = [] } = placement;
  return {
    hook,
    direction,
    position,
    entry,
    next: continuation(next),
    back: continuation(back),
    out: continuation(out),
    exits: new Map(Object.entries(exits).map(([port, exit]) => [port, continuation(exit)])),
    flood: flood && continuation(flood),
    routed: new Map(routed.map(({ ifindex, to }) => [ifindex, continuation(to)])),
  };
}

function continuation(behind: Behind): Continuation {
  switch (behind.kind) {
    case 'end':
    case 'leave':
      return behind;
    case 'position':
      return { kind: 'tail-call', map: PATH, index: behind.position };
    case 'interface':
      return { kind: 'redirect', ifindex: behind.ifindex };
  }
}
