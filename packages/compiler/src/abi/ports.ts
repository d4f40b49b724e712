// A function's ports in maps, by their index; only functions that have ports of their own have them.
//
// `ports` is a devmap of interface indexes: where XDP sends. A port that is down has no entry.
// `links` says what fast paths may know of a port, host byte order but for the address:
//
//   0         4         8                 14      15     16
//   ┌─────────┬─────────┬─────────────────┬───────┬──────┐
//   │ ifindex │ MTU     │ MAC address     │ is up │ zero │
//   └─────────┴─────────┴─────────────────┴───────┴──────┘
import type { MapSpec } from '@twinpath/ebpf';
import type { FunctionPlan } from '@twinpath/vnf/plan';

export const PORTS = 'ports';
export const LINKS = 'links';

export const LINK = { size: 16, ifindex: 0, mtu: 4, mac: 8, isUp: 14 } as const;

export function portMaps({ ports }: FunctionPlan): readonly MapSpec[] {
  if (ports.kind === 'transparent') return [];
  const maxEntries = ports.kind === 'named' ? ports.names.length : ports.max;
  return [
    { name: PORTS, type: 'devmap', keySize: 4, valueSize: 4, maxEntries },
    { name: LINKS, type: 'array', keySize: 4, valueSize: LINK.size, maxEntries },
  ];
}
