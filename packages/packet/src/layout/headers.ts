// Fixed parts of the headers we know, as data: the compiler reads the same tables as the views here.
import { layout } from './layout.ts';

/** IEEE 802.3. */
export const ethernetLayout = layout({ dst: 48, src: 48, type: 16 });
/** IEEE 802.1Q and 802.1ad, from the tag control information on: the tag's own type stands in the field before. */
export const vlanLayout = layout({ priority: 3, dropEligible: 1, id: 12, type: 16 });
/** RFC 826, for Ethernet and IPv4. */
export const arpLayout = layout({
  hardwareType: 16,
  protocolType: 16,
  hardwareLength: 8,
  protocolLength: 8,
  operation: 16,
  senderMac: 48,
  senderIp: 32,
  targetMac: 48,
  targetIp: 32,
});
/** RFC 791 section 3.1. */
export const ipv4Layout = layout({
  version: 4,
  headerLength: 4,
  trafficClass: 8,
  length: 16,
  identification: 16,
  reserved: 1,
  dontFragment: 1,
  moreFragments: 1,
  fragmentOffset: 13,
  hops: 8,
  protocol: 8,
  checksum: 16,
  src: 32,
  dst: 32,
});
/** RFC 8200 section 3. */
export const ipv6Layout = layout({
  version: 4,
  trafficClass: 8,
  flowLabel: 20,
  payloadLength: 16,
  nextHeader: 8,
  hops: 8,
  src: 128,
  dst: 128,
});
/** RFC 8200 sections 4.3 to 4.6, RFC 6275: `length` counts units of 8 bytes beyond the first; of AH units of 4, less 2. */
export const ipv6ExtensionLayout = layout({ nextHeader: 8, length: 8 });
/** RFC 8200 section 4.4. */
export const ipv6RoutingLayout = layout({ nextHeader: 8, length: 8, type: 8, segmentsLeft: 8 });
/** RFC 8200 section 4.5. */
export const ipv6FragmentLayout = layout({
  nextHeader: 8,
  reserved: 8,
  fragmentOffset: 13,
  reserved2: 2,
  moreFragments: 1,
  identification: 32,
});
/** RFC 4302 section 2; the integrity check value follows. */
export const authenticationLayout = layout({ nextHeader: 8, length: 8, reserved: 16, spi: 32, sequence: 32 });
/** RFC 9293 section 3.1. */
export const tcpLayout = layout({
  sport: 16,
  dport: 16,
  sequence: 32,
  acknowledgement: 32,
  dataOffset: 4,
  reserved: 4,
  cwr: 1,
  ece: 1,
  urg: 1,
  ack: 1,
  psh: 1,
  rst: 1,
  syn: 1,
  fin: 1,
  window: 16,
  checksum: 16,
  urgent: 16,
});
/** RFC 768. */
export const udpLayout = layout({ sport: 16, dport: 16, length: 16, checksum: 16 });
/** RFC 9260 section 3.1. The checksum is CRC32c, least significant byte first. */
export const sctpLayout = layout({ sport: 16, dport: 16, verificationTag: 32, checksum: 32 });
/** RFC 792, and RFC 4443 section 2.1, which has the same; `identifier` and `sequence` of echo messages, the same 4 bytes as `rest` of others. */
export const icmpLayout = layout({ type: 8, code: 8, checksum: 16, identifier: 16, sequence: 16 });
/** RFC 4861 sections 4.3 and 4.4; options follow. */
export const neighbourLayout = layout({ type: 8, code: 8, checksum: 16, flags: 32, target: 128 });
