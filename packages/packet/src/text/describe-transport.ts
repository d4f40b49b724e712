import { tcpFlags } from '../build/tcp-layer.ts';
import { getU8, getU16, getU32 } from '../bytes/big-endian.ts';
import { toHex } from '../bytes/hex.ts';
import type { Datagram } from '../dissect/datagram.ts';
import { hasTransport, transportKind } from '../dissect/transport.ts';
import { readField } from '../layout/field.ts';
import { sctpLayout, tcpLayout, udpLayout } from '../layout/headers.ts';
import { describeIcmp } from './describe-icmp.ts';
import { describePayload } from './describe-payload.ts';
import type { DescribeQuoted, Detail } from './detail.ts';
import { tcpOptions } from './tcp-options.ts';

/** The transport header and its payload. `undefined`: it cannot be read, or is none we have words for. */
export function describeTransport(
  bytes: Uint8Array,
  datagram: Datagram,
  detail: Detail,
  describeQuoted: DescribeQuoted,
): readonly string[] | undefined {
  if (!hasTransport(datagram)) return undefined;
  const { transportAt, end } = datagram;
  switch (transportKind(datagram)) {
    case 'tcp':
      return describeTcp(bytes, transportAt, end, detail);
    case 'udp':
      return [
        describeUdp(bytes, transportAt, end, detail),
        ...describePayload(bytes.subarray(transportAt + udpLayout.size, end)),
      ];
    case 'sctp':
      return [
        describeSctp(bytes, transportAt, detail),
        ...describePayload(bytes.subarray(transportAt + sctpLayout.size, end)),
      ];
    case 'icmp':
      return describeIcmp(bytes, datagram, detail, describeQuoted);
    default:
      return undefined;
  }
}

function describePorts(bytes: Uint8Array, at: number): string {
  return `${getU16(bytes, at)} > ${getU16(bytes, at + 2)}`;
}

function describeTcp(bytes: Uint8Array, at: number, end: number, detail: Detail): readonly string[] | undefined {
  const { fields, size } = tcpLayout;
  const value = (name: keyof typeof fields) => readField(bytes, at, fields[name]);
  const payloadAt = at + 4 * value('dataOffset');
  if (payloadAt < at + size || payloadAt > end) return undefined;
  const words = [`tcp ${describePorts(bytes, at)}`, ...tcpFlags.filter((flag) => value(flag) === 1)];
  if (value('sequence') !== 0) words.push(`sequence ${value('sequence')}`);
  if (value('acknowledgement') !== 0) words.push(`acknowledgement ${value('acknowledgement')}`);
  if (value('window') !== 0xffff) words.push(`window ${value('window')}`);
  if (value('urgent') !== 0) words.push(`urgent ${value('urgent')}`);
  if (payloadAt > at + size) words.push(`options ${describeOptions(bytes.subarray(at + size, payloadAt))}`);
  if (detail.hasChecksums) words.push(`checksum ${value('checksum')}`);
  return [words.join(' '), ...describePayload(bytes.subarray(payloadAt, end))];
}

function describeOptions(bytes: Uint8Array): string {
  const words: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const option = tcpOptions.find(({ kind }) => kind === getU8(bytes, at));
    const isKnown =
      option && (option.size === 1 || getU8(bytes, at + 1) === option.size) && at + option.size <= bytes.length;
    if (!isKnown) return [...words, `hex ${toHex(bytes.subarray(at))}`].join(' ');
    words.push([option.name, ...option.read(bytes, at)].join(' '));
    at += option.size;
  }
  return words.join(' ');
}

function describeUdp(bytes: Uint8Array, at: number, end: number, detail: Detail): string {
  const length = getU16(bytes, at + udpLayout.fields.length.at);
  const words = [`udp ${describePorts(bytes, at)}`];
  if (length !== end - at) words.push(`length ${length}`);
  if (detail.hasChecksums) words.push(`checksum ${getU16(bytes, at + udpLayout.fields.checksum.at)}`);
  return words.join(' ');
}

function describeSctp(bytes: Uint8Array, at: number, detail: Detail): string {
  const words = [`sctp ${describePorts(bytes, at)} tag ${getU32(bytes, at + sctpLayout.fields.verificationTag.at)}`];
  if (detail.hasChecksums) words.push(`checksum ${getU32(bytes, at + sctpLayout.fields.checksum.at)}`);
  return words.join(' ');
}
