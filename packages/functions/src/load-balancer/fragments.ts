// Fragments behind the first show no ports: they go where the first one went. IPv4 only, where the kernel's header names them in a
// fixed place; a first fragment that comes late finds its others gone, and the sender says it all again.
import { drop, type FiveTuple, type IpHeader, next, type Packet, route, sameFamily, type Verdict } from '@twinpath/vnf';
import { sendDirectly, sendThroughTunnel, type Way } from './carry.ts';
import type { Constants } from './fast-path.ts';
import { count, fragments, plan } from './tables.ts';

export function rememberFragment(packet: Packet, { protocol }: FiveTuple, way: Way): void {
  const ip = packet.ipv4();
  if (!ip) return;
  const { mode, fromServer, server, port, address } = way;
  const { src, dst, identification } = ip;
  fragments.put({ src, dst, identification, protocol }, { mode, fromServer, server, port, address });
}

export function followFragment(packet: Packet, ip: IpHeader, config: Constants): Verdict {
  const ip4 = packet.ipv4();
  if (!ip4) return lost(ip);
  const { src, dst, identification, protocol } = ip4;
  const way = fragments.lookup({ src, dst, identification, protocol });
  if (!way) return lost(ip);
  const { address } = way;
  if (!sameFamily(address, dst)) return drop;
  count.fragments();
  if (config.uses.direct && way.mode === 'direct') return sendDirectly(packet, ip4, address);
  if (config.uses.tunnel && way.mode === 'tunnel') return sendThroughTunnel(packet, ip4, address, config);
  if (way.fromServer) ip.src = address;
  else ip.dst = address;
  return route(packet);
}

function lost(ip: IpHeader): Verdict {
  if (!plan.addresses.lookup({ address: ip.dst })) return next;
  count.lostFragments();
  return drop;
}
