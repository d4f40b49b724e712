import { etherTypeNumbers } from '../address/ether-type.ts';
import { ipToBytes, isIp4, sameFamily } from '../address/ip.ts';
import { readMac } from '../address/mac.ts';
import { protocolNumber } from '../address/protocol.ts';
import { setU16 } from '../bytes/big-endian.ts';
import { concat } from '../bytes/concat.ts';
import { headerBytes } from '../layout/field.ts';
import { ipv4Layout, ipv6Layout } from '../layout/headers.ts';
import type { Ip, Mac, Protocol, u8, u16, u32 } from '../types/values.ts';
import { type ChecksumChoice, chosenChecksum } from './chosen-checksum.ts';
import type { Addresses, Layer } from './layer.ts';

export interface IpFields {
  readonly src: Ip;
  readonly dst: Ip;
  /** TTL or hop limit; default 64. */
  readonly hops?: u8;
  readonly trafficClass?: u8;
  /** Default: that of the next layer. */
  readonly protocol?: Protocol;
  /** IPv4 only. */
  readonly identification?: u16;
  /** IPv4 only. */
  readonly dontFragment?: boolean;
  /** IPv4 only. */
  readonly moreFragments?: boolean;
  /** IPv4 only; units of 8 bytes. */
  readonly fragmentOffset?: u16;
  /** IPv4 only; filled up to whole words with zeros (end of options). */
  readonly options?: Uint8Array;
  /** IPv6 only. */
  readonly flowLabel?: u32;
  // What a right header has anyway; tests give others.
  readonly version?: u8;
  /** IPv4 only; words of 4 bytes. */
  readonly headerLength?: u8;
  /** Of the whole datagram, this header included. */
  readonly length?: u32;
  /** IPv4 only. */
  readonly checksum?: ChecksumChoice;
}

/** RFC 3692: for experimentation; announces bytes that nothing else names. */
const EXPERIMENTAL = 253;
/** RFC 8200 section 4.7. */
const NO_NEXT_HEADER = 59;

/** The family is that of the addresses. Default: 64 hops, class 0, protocol of the next layer.
 *  @throws RangeError addresses of different families. */
export function ipHeader(fields: IpFields): Layer {
  if (!sameFamily(fields.src, fields.dst)) {
    throw new RangeError(`no packet goes from '${fields.src}' to '${fields.dst}': they differ in family`);
  }
  return isIp4(fields.src) ? ipv4Header(fields) : ipv6Header(fields);
}

function ipv4Header(fields: IpFields): Layer {
  const addresses = { src: ipToBytes(fields.src), dst: ipToBytes(fields.dst) };
  return {
    etherType: etherTypeNumbers.ipv4,
    protocol: 4,
    addresses,
    ...ip4Group(addresses.dst),
    encode(behind, around) {
      const options = wholeWords(fields.options ?? new Uint8Array());
      const size = ipv4Layout.size + options.length;
      const header = headerBytes(head4, {
        version: fields.version ?? 4,
        headerLength: fields.headerLength ?? size / 4,
        trafficClass: fields.trafficClass ?? 0,
        length: fields.length ?? size + behind.length,
        identification: fields.identification ?? 0,
        dontFragment: Number(fields.dontFragment ?? false),
        moreFragments: Number(fields.moreFragments ?? false),
        fragmentOffset: fields.fragmentOffset ?? 0,
        hops: fields.hops ?? 64,
        protocol: nextProtocol(fields.protocol, around.behind, behind),
      });
      const whole = concat(withAddresses(header, addresses, ipv4Layout.fields.src.at), options);
      setU16(whole, ipv4Layout.fields.checksum.at, chosenChecksum(fields.checksum, whole, 0));
      return concat(whole, behind);
    },
  };
}

function ipv6Header(fields: IpFields): Layer {
  const addresses = { src: ipToBytes(fields.src), dst: ipToBytes(fields.dst) };
  return {
    etherType: etherTypeNumbers.ipv6,
    protocol: 41,
    addresses,
    ...ip6Group(addresses.dst),
    encode(behind, around) {
      const header = headerBytes(head6, {
        version: fields.version ?? 6,
        trafficClass: fields.trafficClass ?? 0,
        flowLabel: fields.flowLabel ?? 0,
        payloadLength: fields.length === undefined ? behind.length : fields.length - ipv6Layout.size,
        nextHeader: nextProtocol(fields.protocol, around.behind, behind),
        hops: fields.hops ?? 64,
      });
      return concat(withAddresses(header, addresses, ipv6Layout.fields.src.at), behind);
    },
  };
}

const { src: _src4, dst: _dst4, ...fields4 } = ipv4Layout.fields;
const { src: _src6, dst: _dst6, ...fields6 } = ipv6Layout.fields;
/** Without the addresses, which are written apart. */
const head4 = { size: ipv4Layout.size, fields: fields4 };
const head6 = { size: ipv6Layout.size, fields: fields6 };

function withAddresses(header: Uint8Array, { src, dst }: Addresses, at: number): Uint8Array {
  header.set(src, at);
  header.set(dst, at + src.length);
  return header;
}

/** What announces the next layer in an IP header and in IPv6 extension headers. */
export function nextProtocol(given: Protocol | undefined, layers: readonly Layer[], behind: Uint8Array): number {
  if (given !== undefined) return protocolNumber(given);
  return layers[0]?.protocol ?? (behind.length === 0 ? NO_NEXT_HEADER : EXPERIMENTAL);
}

function wholeWords(options: Uint8Array): Uint8Array {
  return concat(options, new Uint8Array((4 - (options.length % 4)) % 4));
}

/** RFC 1112 section 6.4. */
function ip4Group(dst: Uint8Array): { groupMac?: Mac } {
  if (dst.every((byte) => byte === 255)) return { groupMac: 'ff:ff:ff:ff:ff:ff' };
  const [first = 0, second = 0, third = 0, fourth = 0] = dst;
  if (first >> 4 !== 14) return {};
  return { groupMac: readMac(Uint8Array.of(1, 0, 0x5e, second & 127, third, fourth), 0) };
}

/** RFC 2464 section 7. */
function ip6Group(dst: Uint8Array): { groupMac?: Mac } {
  return dst[0] === 255 ? { groupMac: readMac(concat(Uint8Array.of(0x33, 0x33), dst.subarray(12)), 0) } : {};
}
