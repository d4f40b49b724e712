// What both programs must agree on: hits and misses of every program, both families, tags, options, extension headers,
// fragments, what contradicts itself; whole, and cut off at every place where a header may end.
import { packetFromText } from '@twinpath/packet';

/** GTP-U packets to a known and to an unknown tunnel, around datagrams of both families, whole and too long. */
function gtpu(flagsAndType: string, optional: string): readonly string[] {
  const inner4 = '45000020 00000000 40110000 0a000001 0a000002 0fa00050 000c0000 61626364';
  const inner6 = `60000000 0004113f ${'20010db8'.repeat(8)} 61626364`;
  return [
    ['00000007', inner4],
    ['00000008', inner4],
    ['00000007', inner6],
    ['00000007', inner4.replace('0020', '0021')],
    ['00000007', inner4.replace('45', '46')],
    ['00000007', inner6.replace('0004', '0005')],
  ].map(
    ([teid, inner]) => `ip 192.0.2.9 > 192.0.2.1 / udp 2152 > 2152 / hex ${flagsAndType}0000${teid}${optional}${inner}`,
  );
}

const WHOLE = [
  'ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 ack options timestamps 1 2 mss 1460 / "abcdefgh"',
  'ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 80 / "abcdefgh"',
  'ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 80 checksum none / "abcdefgh"',
  'ip 10.0.0.2 > 10.0.0.1 / tcp 80 > 4000 syn ack',
  'ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 4000',
  'ip 192.0.2.1 > 10.0.0.2 / tcp 50000 > 80 ack',
  'ip 10.0.0.9 > 10.0.0.2 / tcp 4001 > 80 syn options mss 1460 sack-permitted timestamps 7 0 nop window-scale 7',
  'ip 10.0.0.9 > 10.0.0.2 / tcp 4001 > 80 syn options nop nop end',
  'ip 10.0.0.9 > 10.0.0.2 / udp 4002 > 80',
  'ip 10.0.0.1 > 10.1.0.1 / tcp 4000 > 8080 ack',
  'ip 10.0.0.1 > 10.0.3.9 / udp 53 > 53 / zeros 80',
  'ip 10.0.0.1 > 172.16.0.1 hops 1 / tcp 1 > 443',
  'ip 198.51.100.200 > 10.0.0.2 / tcp 4000 > 80',
  'ip 192.0.3.1 > 10.0.0.2 hops 64 / tcp 4000 > 22',
  'ip 10.0.0.1 > 10.0.0.2 options nop end / tcp 4000 > 80 ack',
  'ip 10.0.0.1 > 10.0.0.2 options router-alert / udp 4000 > 80',
  'ip 10.0.0.1 > 10.0.0.2 fragment offset 0 more / udp 4000 > 80 length 2000 / "abcdefgh"',
  'ip 10.0.0.1 > 10.0.0.2 fragment offset 3 / udp 4000 > 80',
  'ip 10.0.0.1 > 10.0.0.2 / icmp echo-request id 7',
  'ip 10.0.0.1 > 10.0.0.2 / icmp unreachable about (ip 10.0.0.2 > 10.0.0.1 / udp 80 > 4000)',
  'ip 10.0.0.1 > 10.0.0.2 / sctp 4000 > 80',
  'ip 10.0.0.1 > 10.0.0.2 protocol 47 / hex 00000800',
  'ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 data-offset 4',
  'ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 data-offset 15',
  'ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 80 length 7',
  'ip 10.0.0.1 > 10.0.0.2 ihl 4 / udp 4000 > 80',
  'ip 10.0.0.1 > 10.0.0.2 version 6 / udp 4000 > 80',
  'ip 10.0.0.1 > 10.0.0.2 length 29 / udp 4000 > 80 / unpadded',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 ack',
  'vlan 5 priority 7 dei / ip 2001:db8::1 > 2001:db8::2 / udp 4000 > 80',
  'vlan 6 / vlan 5 / ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 80',
  'vlan 9 / vlan 8 / vlan 7 / ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 80',
  'ip 2001:db8::1 > 2001:db8::2 / tcp 4000 > 80 ack',
  'ip 2001:db8::2 > 2001:db8::1 / tcp 80 > 4000 ack',
  'ip 2001:db8::1 > 2001:db8::2 / udp 4000 > 80 / "abcdefgh"',
  'ip 2001:db8:bad::1 > 2001:db8:3::2 hops 1 / tcp 4000 > 443',
  'ip 2001:db8::1 > 2001:db8:3::2 / tcp 4000 > 443 / zeros 100',
  'ip 2001:db8::1 > 2001:dead::2 / icmp6 echo-request id 9',
  'ip 2001:db8::1 > 2001:db8::2 / ext hop-by-hop / ext destination / udp 4000 > 80',
  'ip 2001:db8::1 > 2001:db8::2 / ext hop-by-hop / ext destination hex 00112233445566778899aabb / tcp 4000 > 8080',
  'ip 2001:db8::1 > 2001:db8::2 / ext routing left 1 via 2001:db8::7 / udp 4000 > 80',
  'ip 2001:db8::1 > 2001:db8::2 / ext ah / ext mobility / tcp 4000 > 80',
  'ip 2001:db8::1 > 2001:db8::2 / ext fragment offset 0 more / udp 4000 > 80',
  'ip 2001:db8::1 > 2001:db8::2 / ext fragment offset 3 / udp 4000 > 80',
  'ip 2001:db8::1 > 2001:db8::2 / ext fragment offset 0 / udp 4000 > 80',
  `ip 2001:db8::1 > 2001:db8::2 / ${'ext destination / '.repeat(6)}udp 4000 > 80`,
  `ip 2001:db8::1 > 2001:db8::2 / ${'ext destination / '.repeat(7)}udp 4000 > 80`,
  'ip 2001:db8::1 > 2001:db8::2 length 900 / udp 4000 > 80',
  ...gtpu('30ff', ''),
  ...gtpu('34ff', '00000085 01000900'),
  ...gtpu('34ff', '00000085 010009c0'),
  ...gtpu('34ff', '00000040 01000900'),
  ...gtpu('32ff', '00010000'),
  ...gtpu('3001', ''),
  ...gtpu('50ff', ''),
  `vlan 5 / ${gtpu('30ff', '')[0]}`,
  'ip ff00::1 > 2001:db8::2 / udp 4000 > 80',
  'ip 2001:db8::1 > ff00::2 / tcp 4000 > 80',
  'ip ff02::1 > 2001:db8::2 / udp 4000 > 80',
  'ip 192.0.2.9 > 192.0.2.1 / udp 2152 > 2152 / hex 34ff0004 00000007 00000085',
  'arp who-has 10.0.0.2 tell 10.0.0.1',
];

/** Bytes that are left of the packets above. XDP's test runs want 14 at least. */
const CUTS = [14, 15, 18, 22, 33, 34, 37, 38, 41, 42, 53, 54, 58, 61, 62, 74, 78];

export const packetOf = (text: string): Uint8Array => packetFromText(text);

export function manyPackets(): readonly Uint8Array[] {
  const whole = WHOLE.map(packetOf);
  const cut = whole.flatMap((packet, n) =>
    // Every packet at some cuts, every cut of some packets.
    CUTS.filter((length, c) => length < packet.length && (n + c) % 4 === 0).map((length) => packet.slice(0, length)),
  );
  return [...whole, ...cut];
}
