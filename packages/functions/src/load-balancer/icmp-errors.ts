// An ICMP error is about a packet as it was when it left here, and goes to the end that sent it, in the words of that end.
import {
  type FiveTuple,
  type Ip,
  type IpHeader,
  next,
  type Packet,
  reverse,
  route,
  sameFamily,
  type Verdict,
} from '@twinpath/vnf';
import { sendDirectly, sendThroughTunnel } from './carry.ts';
import type { Constants } from './fast-path.ts';
import { count, halfOpen, sessions } from './tables.ts';

export function bringError(packet: Packet, ip: IpHeader, config: Constants): Verdict {
  const quoted = ip.icmp()?.quoted();
  const about = quoted?.flow();
  if (!quoted || !about || !sameFamily(about.src, ip.dst) || ip.dst !== about.src) return next;
  const answers = reverse(about);
  const way = sessions.peek(answers) ?? halfOpen.peek(answers);
  if (!way) return next;
  const { address, port } = way;
  if (!sameFamily(address, ip.dst)) return next;
  count.errors();
  if (way.fromServer) {
    tellClient(ip, quoted, about, address, port);
    return route(packet);
  }
  if (config.uses.direct && way.mode === 'direct') return sendDirectly(packet, ip, address);
  if (config.uses.tunnel && way.mode === 'tunnel') return sendThroughTunnel(packet, ip, address, config);
  // About an answer, which had left in the name of the service.
  quoted.rewrite({ ...about, src: address, sport: port });
  ip.dst = address;
  return route(packet);
}

/** About a packet to a backend: the client knows the service only. */
function tellClient(ip: IpHeader, quoted: IpHeader, about: FiveTuple, service: Ip, port: number): void {
  if (!sameFamily(ip.src, about.dst) || !sameFamily(ip.src, service)) return;
  if (ip.src === about.dst) ip.src = service;
  quoted.rewrite({ ...about, dst: service, dport: port });
}
