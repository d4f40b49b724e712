// IPv4 and UDP as the generated functions read them, and what the twin sees of them. Everything is well formed: how
// views refuse packets is tested where views are.

import type { Random } from '../random.ts';
import type { TwinPacket } from './twin.ts';

export interface SourcePacket {
  readonly bytes: Uint8Array;
  readonly twin: TwinPacket;
}

const ETHERNET = 14;
const IPV4 = 20;
const UDP = 8;

export function makeSourcePacket(random: Random): SourcePacket {
  const kind = random.integer(0, 11);
  const payload = random.integer(0, 90);
  const bytes = Uint8Array.from({ length: ETHERNET + IPV4 + UDP + payload }, () => random.integer(0, 255));
  const view = new DataView(bytes.buffer);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2], 0);
  const length = BigInt(bytes.length);
  if (kind === 0) {
    // Local experimental: no IP.
    view.setUint16(12, 0x88b5);
    return { bytes, twin: { length, ip: undefined } };
  }
  const isUdp = kind !== 1;
  const dontFragment = random.chance(0.5);
  const [hops, trafficClass] = [random.integer(0, 255), random.integer(0, 255)];
  const [identification, sport, dport] = [small(random), small(random), small(random)];
  view.setUint16(12, 0x0800);
  bytes.set([0x45, trafficClass], ETHERNET);
  view.setUint16(ETHERNET + 2, IPV4 + UDP + payload);
  view.setUint16(ETHERNET + 4, identification);
  view.setUint16(ETHERNET + 6, dontFragment ? 0x4000 : 0);
  bytes.set([hops, isUdp ? 17 : 89, 0, 0], ETHERNET + 8);
  view.setUint16(ETHERNET + 10, checksum(view));
  view.setUint16(ETHERNET + IPV4, sport);
  view.setUint16(ETHERNET + IPV4 + 2, dport);
  view.setUint16(ETHERNET + IPV4 + 4, UDP + payload);
  view.setUint16(ETHERNET + IPV4 + 6, 0);
  const udp = isUdp ? { sport: BigInt(sport), dport: BigInt(dport) } : undefined;
  const ip = {
    hops: BigInt(hops),
    trafficClass: BigInt(trafficClass),
    identification: BigInt(identification),
    length: BigInt(IPV4 + UDP + payload),
    dontFragment,
    udp,
  };
  return { bytes, twin: { length, ip } };
}

const small = (random: Random): number => (random.chance(0.5) ? random.integer(0, 5) : random.integer(0, 0xffff));

/** RFC 791, over a header whose checksum field is 0. */
function checksum(view: DataView): number {
  let sum = 0;
  for (let at = 0; at < IPV4; at += 2) sum += view.getUint16(ETHERNET + at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
