// A Forwarder by a table: the fast path's half. Compiled into every fast path that imports it.

import { type Ip, ip, type Mac, mac, type Packet, type Port, portName, type Table } from '@twinpath/vnf';

/** Key and value of a function's table of neighbours. It wants `idleTimeout`: whom nobody looks up is forgotten. */
export const neighbourKey = { address: ip, port: portName };
export const neighbourValue = { mac };
export type NeighbourTable = Table<typeof neighbourKey, typeof neighbourValue>;

/** Addresses a packet to a neighbour as a router does, with one hop less. The caller has seen to it that there are hops left, and
 *  forwards it. `false`: the neighbour is not in the table, and the packet is unchanged. */
export function addressTo(
  packet: Packet,
  neighbours: NeighbourTable,
  to: { address: Ip; port: Port },
  own: { readonly mac: Mac },
): boolean {
  const eth = packet.ethernet();
  const ip = packet.ip();
  if (!eth || !ip) return false;
  const neighbour = neighbours.lookup(to);
  if (!neighbour) return false;
  ip.hops -= 1;
  eth.src = own.mac;
  eth.dst = neighbour.mac;
  return true;
}
