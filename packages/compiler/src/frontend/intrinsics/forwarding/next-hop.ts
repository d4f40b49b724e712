// `packet.nextHop()`: the kernel's route as a value, where it leads out of a port of the function.
import type { Outcome } from '../../path.ts';
import { UNDEFINED, type Value } from '../../value.ts';
import { n } from '../code.ts';
import { Ends } from '../ends.ts';
import type { Call } from '../members.ts';
import { lookUpRoute } from './look-up-route.ts';
import { portDomain } from './port-group.ts';

const MTU = { low: 0n, high: 0xffffn };

export function nextHop({ lowering, path }: Call): readonly Outcome[] {
  const { found, others } = lookUpRoute(lowering, path);
  const ends = new Ends(lowering);
  for (const { code: start, hop } of found) {
    let code = start;
    for (const [index, port] of lowering.target.ports.entries()) {
      const sides = code.when('eq', hop.ifindex, code.interface(port.ifindex));
      const fields = new Map<string, Value>([
        ['port', { kind: 'name', domain: portDomain(lowering), id: sides.then.id(n(index)) }],
        ['src', hop.src],
        ['dst', hop.dst],
        ['mtu', lowering.integer(hop.mtu, MTU)],
      ]);
      ends.found(sides.then, { kind: 'record', fields });
      code = sides.otherwise;
    }
    ends.fail(code);
  }
  return [...ends.outcomes(), ...others.map((on) => ({ path: on, value: UNDEFINED }))];
}
