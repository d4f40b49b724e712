import { readIp4 } from '../address/ip4.ts';
import { readIp6 } from '../address/ip6.ts';
import { protocolName } from '../address/protocol.ts';
import { getU8, getU32 } from '../bytes/big-endian.ts';
import { toHex } from '../bytes/hex.ts';
import type { Datagram } from '../dissect/datagram.ts';
import { extensionNumbers } from '../layout/extension.ts';
import { readField } from '../layout/field.ts';
import { ipv4Layout, ipv6FragmentLayout, ipv6Layout, ipv6RoutingLayout } from '../layout/headers.ts';
import { describePayload } from './describe-payload.ts';
import { describeTransport } from './describe-transport.ts';
import type { Detail } from './detail.ts';

/** A datagram from its IP header on. */
export function describeDatagram(bytes: Uint8Array, datagram: Datagram, detail: Detail): readonly string[] {
  const known = detail.hasTransport ? describeTransport(bytes, datagram, detail, describeDatagram) : undefined;
  const behind = known ?? describePayload(bytes.subarray(datagram.transportAt, datagram.end));
  const said = known ? undefined : datagram.protocol;
  return datagram.version === 4
    ? [describeIpv4(bytes, datagram, detail, said), ...behind]
    : [...describeIpv6(bytes, datagram, said), ...behind];
}

/** `said`: the protocol, where no layer behind says it. */
function describeIpv4(bytes: Uint8Array, datagram: Datagram, detail: Detail, said: number | undefined): string {
  const { at, length, end, transportAt } = datagram;
  const { fields, size } = ipv4Layout;
  const value = (name: keyof typeof fields) => readField(bytes, at, fields[name]);
  const words = [`ip ${readIp4(bytes, at + fields.src.at)} > ${readIp4(bytes, at + fields.dst.at)}`];
  if (value('hops') !== 64) words.push(`hops ${value('hops')}`);
  if (value('trafficClass') !== 0) words.push(`class ${value('trafficClass')}`);
  if (value('identification') !== 0) words.push(`id ${value('identification')}`);
  if (value('dontFragment') === 1) words.push('df');
  if (datagram.isFragment) words.push(`fragment offset ${value('fragmentOffset')}`);
  if (value('moreFragments') === 1) words.push('more');
  if (transportAt > at + size) words.push(`options hex ${toHex(bytes.subarray(at + size, transportAt))}`);
  if (said !== undefined) words.push(`protocol ${protocolName(said)}`);
  if (length !== end - at) words.push(`length ${length}`);
  if (detail.hasChecksums) words.push(`checksum ${value('checksum')}`);
  return words.join(' ');
}

function describeIpv6(bytes: Uint8Array, datagram: Datagram, said: number | undefined): string[] {
  const { at, length, end, transportAt } = datagram;
  const { fields, size } = ipv6Layout;
  const value = (name: keyof typeof fields) => readField(bytes, at, fields[name]);
  const words = [`ip ${readIp6(bytes, at + fields.src.at)} > ${readIp6(bytes, at + fields.dst.at)}`];
  if (value('hops') !== 64) words.push(`hops ${value('hops')}`);
  if (value('trafficClass') !== 0) words.push(`class ${value('trafficClass')}`);
  if (value('flowLabel') !== 0) words.push(`flow ${value('flowLabel')}`);
  if (length !== end - at) words.push(`length ${length}`);
  const extensions = describeExtensions(bytes, at + size, transportAt, value('nextHeader'));
  const layers = [words.join(' '), ...extensions];
  if (said === undefined) return layers;
  return layers.with(-1, `${layers.at(-1)} ${extensions.length > 0 ? 'next' : 'protocol'} ${protocolName(said)}`);
}

function describeExtensions(bytes: Uint8Array, from: number, to: number, first: number): readonly string[] {
  const layers: string[] = [];
  for (let at = from, number = first; at < to; ) {
    const size = sizeOf(bytes, at, number);
    layers.push(describeExtension(bytes, at, size, number));
    number = getU8(bytes, at);
    at += size;
  }
  return layers;
}

function sizeOf(bytes: Uint8Array, at: number, number: number): number {
  if (number === extensionNumbers.fragment) return ipv6FragmentLayout.size;
  const units = getU8(bytes, at + 1);
  return number === extensionNumbers.ah ? 4 * (units + 2) : 8 * (units + 1);
}

function describeExtension(bytes: Uint8Array, at: number, size: number, number: number): string {
  switch (number) {
    case extensionNumbers.fragment:
      return describeFragment(bytes, at);
    case extensionNumbers.routing:
      return describeRouting(bytes, at, size);
    case extensionNumbers.ah: {
      const words = `ext ah spi ${getU32(bytes, at + 4)} sequence ${getU32(bytes, at + 8)}`;
      return size > 12 ? `${words} hex ${toHex(bytes.subarray(at + 12, at + size))}` : words;
    }
    default: {
      const name = Object.entries(extensionNumbers).find(([, value]) => value === number)?.[0];
      return `ext ${name} hex ${toHex(bytes.subarray(at + 2, at + size))}`;
    }
  }
}

function describeFragment(bytes: Uint8Array, at: number): string {
  const { fragmentOffset, moreFragments, identification } = ipv6FragmentLayout.fields;
  const more = readField(bytes, at, moreFragments) === 1 ? ' more' : '';
  return `ext fragment offset ${readField(bytes, at, fragmentOffset)}${more} id ${readField(bytes, at, identification)}`;
}

function describeRouting(bytes: Uint8Array, at: number, size: number): string {
  const { type, segmentsLeft } = ipv6RoutingLayout.fields;
  const words = ['ext routing'];
  if (readField(bytes, at, type) !== 4) words.push(`type ${readField(bytes, at, type)}`);
  if (readField(bytes, at, segmentsLeft) !== 0) words.push(`left ${readField(bytes, at, segmentsLeft)}`);
  for (let entry = at + 8; entry + 16 <= at + size; entry += 16) words.push(`via ${readIp6(bytes, entry)}`);
  return words.join(' ');
}
