// Fragments behind the first show no ports: they go where the first one went. A first fragment that comes late finds its others gone,
// and the sender says it all again. IPv6 where the fragment header is the first one.
import { drop, type FiveTuple, type IpHeader, next, type Packet, route, sameFamily, type Verdict } from '@twinpath/vnf';
import { sendDirectly, sendThroughTunnel, type Way } from './carry.ts';
import type { Constants } from './fast-path.ts';
import { count, fragments, plan } from './tables.ts';

const nameOf = (packet: Packet) => packet.ipv4()?.identification ?? packet.ipv6()?.identification;

export function rememberFragment(packet: Packet, { src, dst, protocol }: FiveTuple, way: Way): void {
  const identification = nameOf(packet);
  if (identification === undefined) return;
  const { mode, fromServer, server, port, address } = way;
  fragments.put({ src, dst, identification, protocol }, { mode, fromServer, server, port, address });
}

export function followFragment(packet: Packet, ip: IpHeader, config: Constants): Verdict {
  const identification = nameOf(packet);
  if (identification === undefined) return lost(ip);
  const { src, dst, protocol } = ip;
  const way = fragments.lookup({ src, dst, identification, protocol });
  if (!way) return lost(ip);
  const { address } = way;
  if (!sameFamily(address, dst)) return drop;
  count.fragments();
  if (config.uses.direct && way.mode === 'direct') return sendDirectly(packet, ip, address);
  if (config.uses.tunnel && way.mode === 'tunnel') return sendThroughTunnel(packet, ip, address, config);
  if (way.fromServer) ip.src = address;
  else ip.dst = address;
  return route(packet);
}

function lost(ip: IpHeader): Verdict {
  if (!plan.addresses.lookup({ address: ip.dst })) return next;
  count.lostFragments();
  return drop;
}
