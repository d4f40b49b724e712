// A packet on its way, to the backend or back.
import {
  bounce,
  drop,
  type FiveTuple,
  type Ip,
  type IpHeader,
  ipHeader,
  isIp4,
  type Packet,
  route,
  sameFamily,
  slowPath,
  type Verdict,
} from '@twinpath/vnf';
import type { Constants } from './fast-path.ts';
import { carried, count, tooBig, unresolved } from './tables.ts';

/** What entries of `sessions` and `halfOpen` have in common. */
export interface Way {
  readonly mode: 'nat' | 'direct' | 'tunnel';
  readonly fromServer: boolean;
  readonly server: number;
  readonly port: number;
  readonly address: Ip;
}

/** Bytes of the header around a packet in a tunnel. */
const OUTER = { 4: 20, 6: 40 };

export function carry(packet: Packet, ip: IpHeader, flow: FiveTuple, way: Way, config: Constants): Verdict {
  carried.at(way.server)?.traffic.count(packet);
  const { address, port } = way;
  // Sessions are entered with addresses of one family.
  if (!sameFamily(address, flow.src)) return drop;
  if (config.uses.direct && way.mode === 'direct') return sendDirectly(packet, ip, address);
  if (config.uses.tunnel && way.mode === 'tunnel') return sendThroughTunnel(packet, ip, address, config);
  ip.rewrite(way.fromServer ? { ...flow, src: address, sport: port } : { ...flow, dst: address, dport: port });
  return route(packet);
}

/** The frame goes back out to the backend, which is on the same link, and the packet says nothing of it. */
export function sendDirectly(packet: Packet, ip: IpHeader, backend: Ip): Verdict {
  const ethernet = packet.ethernet();
  const { dst } = ip;
  if (!ethernet || !sameFamily(backend, dst)) return drop;
  ip.dst = backend;
  const hop = packet.nextHop();
  ip.dst = dst;
  if (!hop || hop.port !== packet.port) {
    count.unresolved();
    return slowPath(unresolved, { address: backend });
  }
  ethernet.src = hop.src;
  ethernet.dst = hop.dst;
  return bounce;
}

export function sendThroughTunnel(packet: Packet, ip: IpHeader, backend: Ip, config: Constants): Verdict {
  const { mtu, source4, source6 } = config.tunnel;
  const inner = mtu - OUTER[ip.version];
  // IPv4 that may be cut is cut by the host, in the tunnel.
  if (ip.length > inner && packet.ipv4()?.dontFragment !== false) {
    count.tooBig();
    return slowPath(tooBig, { mtu: inner });
  }
  const src = isIp4(backend) ? source4 : source6;
  if (src === undefined) return drop;
  const outer = packet.encapsulate(ipHeader({ src, dst: backend }));
  return outer ? route(packet) : drop;
}
