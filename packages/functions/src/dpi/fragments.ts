// Fragments behind the first show no ports: they belong to what the first one belonged to. IPv4 only, where the header names them in
// a fixed place. Those of flows without a verdict pass.
import { type FiveTuple, type IpHeader, next, type Packet, type Verdict } from '@twinpath/vnf';
import { enforce, type Ruling } from './enforce.ts';
import type { Constants } from './fast-path.ts';
import { count, fragments } from './tables.ts';

export function rememberFragment(packet: Packet, { protocol }: FiveTuple, ruling: Ruling): void {
  const ip = packet.ipv4();
  if (!ip) return;
  const { src, dst, identification } = ip;
  fragments.put(
    { src, dst, identification, protocol },
    { application: ruling.application, riskPolicy: ruling.riskPolicy },
  );
}

export function followFragment(packet: Packet, ip: IpHeader, config: Constants): Verdict {
  const ip4 = packet.ipv4();
  if (!ip4) return next;
  const { src, dst, identification, protocol } = ip4;
  const first = fragments.lookup({ src, dst, identification, protocol });
  if (!first) return next;
  count.fragments();
  return enforce(packet, ip, { application: first.application, riskPolicy: first.riskPolicy }, config);
}
