import { isIp4 } from '../address/ip.ts';
import { getU8, getU16 } from '../bytes/big-endian.ts';
import type { Datagram } from '../dissect/datagram.ts';
import { locateFrameDatagram } from '../dissect/frame.ts';
import { icmpTypes } from '../dissect/icmp-type.ts';
import { transportKind } from '../dissect/transport.ts';
import { ethernetLayout, ipv4Layout, ipv6Layout } from '../layout/headers.ts';
import type { Ip, u32 } from '../types/values.ts';
import type { CopiedPacket, EthernetHeader } from '../types/views.ts';
import { ethernetHeader, vlanTag } from './ethernet-layer.ts';
import { frame } from './frame.ts';
import { icmpHeader } from './icmp-layer.ts';
import { ipHeader } from './ip-layer.ts';
import { type Layer, rawBytes } from './layer.ts';

export type IcmpErrorKind =
  | 'time-exceeded'
  | 'no-route'
  | 'host-unreachable'
  | 'port-unreachable'
  | 'prohibited'
  | { readonly mtu: u32 };

/** Bytes of a whole error message: RFC 1812 section 4.3.2.3, RFC 4443 section 2.4 (c). */
const MAX_MESSAGE = { 4: 576, 6: 1280 };
/** RFC 1812 section 4.3.2.5: precedence of network control messages. */
const INTERNETWORK_CONTROL = 0xc0;

/** The ICMP or ICMPv6 error about a packet, addressed to its sender, quoting it as the RFCs say. `undefined`: none may be
 *  sent (RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e)): no errors about errors, broadcasts, later fragments, or to a
 *  sender that is not one host. How often errors are sent is for the caller to limit.
 *  @throws RangeError `from` is of the other family. */
export function icmpError(about: CopiedPacket, from: Ip, error: IcmpErrorKind): Uint8Array | undefined {
  const { bytes } = about;
  const datagram = locateFrameDatagram(bytes, about.length);
  const ip = about.ip();
  const eth = about.ethernet();
  if (!datagram || !ip || !eth || !mayBeAnswered(bytes, datagram, eth, error)) return undefined;
  if (isIp4(from) !== (datagram.version === 4)) {
    throw new RangeError(`an error about an IPv${datagram.version} packet cannot come from '${from}'`);
  }
  const headers = (datagram.version === 4 ? ipv4Layout.size : ipv6Layout.size) + 8;
  const quoted = bytes.slice(
    datagram.at,
    Math.min(datagram.end, datagram.at + MAX_MESSAGE[datagram.version] - headers),
  );
  return frame(
    ...answeringLink(bytes, eth, datagram.at),
    ipHeader({ src: from, dst: ip.src, trafficClass: datagram.version === 4 ? INTERNETWORK_CONTROL : 0 }),
    icmpHeader({ version: datagram.version, ...messageOf(error)[datagram.version] }),
    rawBytes(quoted),
  );
}

interface Message {
  readonly type: number;
  readonly code: number;
  readonly rest?: number;
}

function messageOf(error: IcmpErrorKind): { readonly 4: Message; readonly 6: Message } {
  const [type4, type6] = [icmpTypes[4], icmpTypes[6]];
  if (typeof error === 'object') {
    const { mtu } = error;
    return {
      4: { type: type4.unreachable, code: 4, rest: Math.min(mtu, 0xffff) },
      6: { type: type6['packet-too-big'], code: 0, rest: mtu },
    };
  }
  if (error === 'time-exceeded') {
    return { 4: { type: type4['time-exceeded'], code: 0 }, 6: { type: type6['time-exceeded'], code: 0 } };
  }
  const [code4, code6] = unreachableCodes[error];
  return { 4: { type: type4.unreachable, code: code4 }, 6: { type: type6.unreachable, code: code6 } };
}

const unreachableCodes = {
  'no-route': [0, 0],
  'host-unreachable': [1, 3],
  'port-unreachable': [3, 4],
  prohibited: [13, 1],
} as const;

function mayBeAnswered(bytes: Uint8Array, datagram: Datagram, eth: EthernetHeader, error: IcmpErrorKind): boolean {
  if (!datagram.isFirstFragment || !isOneHost(bytes, datagram) || isError(bytes, datagram)) return false;
  // RFC 4443 section 2.4 (e.3): path MTU discovery works for multicast, too.
  const isTooBig6 = datagram.version === 6 && typeof error === 'object';
  return isTooBig6 || !(eth.isMulticast || isGroup(bytes, datagram));
}

/** What cannot be read may be an error, and is treated as one. */
function isError(bytes: Uint8Array, datagram: Datagram): boolean {
  if (datagram.isUnfinished) return true;
  if (transportKind(datagram) !== 'icmp') return false;
  if (datagram.transportAt >= datagram.end) return true;
  const type = getU8(bytes, datagram.transportAt);
  if (datagram.version === 6) return type < 128 || type === icmpTypes[6].redirect;
  return !queries4.has(type);
}

/** All that are no errors: echo, router discovery, timestamp, information, address mask (RFC 1122 section 3.2.2). */
const queries4 = new Set([0, 8, 9, 10, 13, 14, 15, 16, 17, 18]);

/** Not unspecified, loopback, multicast or broadcast. */
function isOneHost(bytes: Uint8Array, { version, at }: Datagram): boolean {
  if (version === 4) {
    const first = getU8(bytes, at + ipv4Layout.fields.src.at);
    return first !== 0 && first !== 127 && first < 224;
  }
  const src = bytes.subarray(at + ipv6Layout.fields.src.at, at + ipv6Layout.fields.dst.at);
  return src[0] !== 255 && !(src.subarray(0, 15).every((byte) => byte === 0) && getU8(src, 15) <= 1);
}

function isGroup(bytes: Uint8Array, { version, at }: Datagram): boolean {
  const dst = getU8(bytes, at + (version === 4 ? ipv4Layout : ipv6Layout).fields.dst.at);
  return version === 4 ? dst >= 224 : dst === 255;
}

/** The same link back: addresses exchanged, tags kept. */
function answeringLink(bytes: Uint8Array, { src, dst }: EthernetHeader, end: number): readonly Layer[] {
  const tags: Layer[] = [];
  for (let at = ethernetLayout.size; at < end; at += 4) {
    const control = getU16(bytes, at);
    tags.push(vlanTag({ id: control & 0xfff, priority: control >>> 13, tagType: getU16(bytes, at - 2) }));
  }
  return [ethernetHeader({ src: dst, dst: src }), ...tags];
}
