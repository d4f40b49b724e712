export { AddressError } from './address/address-error.ts';
export { etherTypeName, etherTypeNumber, etherTypeNumbers, vlanTagTypes } from './address/ether-type.ts';
export { canonicalIp, ipFromBytes, ipToBytes, isIp4, isIp6, sameFamily, writeIp } from './address/ip.ts';
export { ip4ToNumber, numberToIp4, readIp4, writeIp4 } from './address/ip4.ts';
export { readIp6, writeIp6 } from './address/ip6.ts';
export { canonicalMac, macToBytes, readMac, writeMac } from './address/mac.ts';
export { formatPortRange, type PortRange, parsePortRange } from './address/port-range.ts';
export { canonicalPrefix, formatPrefix, type PrefixBytes, parsePrefix, within } from './address/prefix.ts';
export { protocolName, protocolNumber, protocolNumbers } from './address/protocol.ts';
export { type ArpFields, arpHeader } from './build/arp-layer.ts';
export type { ChecksumChoice } from './build/chosen-checksum.ts';
export { defaultMacs, type EthernetFields, ethernetHeader, type VlanFields, vlanTag } from './build/ethernet-layer.ts';
export * from './build/extension-layer.ts';
export { frame, MIN_FRAME } from './build/frame.ts';
export { type IcmpErrorKind, icmpError } from './build/icmp-error.ts';
export {
  type IcmpFields,
  icmpHeader,
  type NeighbourFields,
  neighbourMessage,
  neighbourSolicitation,
} from './build/icmp-layer.ts';
export { type IpFields, ipHeader } from './build/ip-layer.ts';
export { type Addresses, type Around, encodeLayers, type Layer, type Macs, rawBytes } from './build/layer.ts';
export { type SctpFields, sctpHeader } from './build/sctp-layer.ts';
export { type TcpFields, type TcpFlag, tcpFlags, tcpHeader } from './build/tcp-layer.ts';
export { type UdpFields, udpHeader } from './build/udp-layer.ts';
export { checksumOf, fold, sumOf, udpChecksum, updatedChecksum } from './checksum/internet-checksum.ts';
export { type PseudoHeader, pseudoHeaderSum } from './checksum/pseudo-header.ts';
export { prepareSegmentation, type Segmentation } from './checksum/segmentation.ts';
export { type ChecksumReport, completePartialChecksum, verifyChecksums } from './checksum/verify.ts';
export { type Datagram, type Limits, locateDatagram } from './dissect/datagram.ts';
export { locateFrameDatagram } from './dissect/frame.ts';
export { icmpTypeName, icmpTypeNumber, icmpTypes, isEchoType, isErrorType } from './dissect/icmp-type.ts';
export { type Link, locateLink, MAX_VLAN_TAGS } from './dissect/link.ts';
export {
  hasQuotedTransport,
  hasTransport,
  type TransportChecksum,
  type TransportKind,
  transportChecksum,
  transportKind,
} from './dissect/transport.ts';
export { canonical, isCanonical, reverse } from './flow/flow.ts';
export { type ExtensionName, extensionNumbers, MAX_EXTENSIONS } from './layout/extension.ts';
export { readField } from './layout/field.ts';
export * from './layout/headers.ts';
export { type FieldPlace, type HeaderLayout, layout } from './layout/layout.ts';
export { type PacketText, packetFromText } from './text/packet-from-text.ts';
export { PacketTextError } from './text/packet-text-error.ts';
export { textOf } from './text/text-of.ts';
export type * from './types/values.ts';
export type * from './types/views.ts';
export type { ChecksumField } from './view/checksum-field.ts';
export { ipView } from './view/ip-view.ts';
export { FrameView, type PacketContext, packetView } from './view/packet-view.ts';
