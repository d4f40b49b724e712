import { readIp6 } from '../address/ip6.ts';
import { readMac } from '../address/mac.ts';
import { getU8, getU16, getU32 } from '../bytes/big-endian.ts';
import { type Datagram, locateDatagram } from '../dissect/datagram.ts';
import { icmpTypeName, isEchoType, isErrorType } from '../dissect/icmp-type.ts';
import { icmpLayout, neighbourLayout } from '../layout/headers.ts';
import type { IcmpType } from '../types/views.ts';
import { describePayload } from './describe-payload.ts';
import type { DescribeQuoted, Detail } from './detail.ts';
import { icmpCodes } from './icmp-codes.ts';

/** The message and what it carries; its fixed part is there. */
export function describeIcmp(
  bytes: Uint8Array,
  { version, transportAt: at, end }: Datagram,
  detail: Detail,
  describeQuoted: DescribeQuoted,
): readonly string[] {
  const type = getU8(bytes, at);
  const name = icmpTypeName(version, type);
  const neighbour = describeNeighbour(bytes, at, end, name, detail);
  if (neighbour) return [neighbour];
  const words = [`${version === 4 ? 'icmp' : 'icmp6'} ${name}`];
  const code = getU8(bytes, at + icmpLayout.fields.code.at);
  if (code !== 0) words.push(`code ${icmpCodes(version, type)[code] || code}`);
  words.push(...describeRest(bytes, at, version, type, name));
  if (detail.hasChecksums) words.push(describeChecksum(bytes, at));
  const bodyAt = at + icmpLayout.size;
  const quoted = isErrorType(version, type) ? locateDatagram(bytes, bodyAt, version, { readable: end }) : undefined;
  if (quoted?.end !== end) return [words.join(' '), ...describePayload(bytes.subarray(bodyAt, end))];
  return [`${words.join(' ')} about (${describeQuoted(bytes, quoted, detail).join(' / ')})`];
}

function describeChecksum(bytes: Uint8Array, at: number): string {
  return `checksum ${getU16(bytes, at + icmpLayout.fields.checksum.at)}`;
}

function describeRest(bytes: Uint8Array, at: number, version: 4 | 6, type: number, name: IcmpType): readonly string[] {
  const restAt = at + icmpLayout.fields.identifier.at;
  const rest = getU32(bytes, restAt);
  if (isEchoType(version, type)) return [`id ${rest >>> 16}`, `sequence ${rest & 0xffff}`];
  if (rest === 0) return [];
  return [`${name === 'packet-too-big' ? 'mtu' : 'rest'} ${rest}`];
}

const flags = [
  [0x8000_0000, 'router'],
  [0x4000_0000, 'solicited'],
  [0x2000_0000, 'override'],
] as const;

/** `undefined`: none, or with other options than the link-layer address. */
function describeNeighbour(
  bytes: Uint8Array,
  at: number,
  end: number,
  name: IcmpType,
  detail: Detail,
): string | undefined {
  if (name !== 'neighbour-solicitation' && name !== 'neighbour-advertisement') return undefined;
  const optionsAt = at + neighbourLayout.size;
  if (end !== optionsAt && end !== optionsAt + 8) return undefined;
  const rest = getU32(bytes, at + neighbourLayout.fields.flags.at);
  const words = [`icmp6 ${name} ${readIp6(bytes, at + neighbourLayout.fields.target.at)}`];
  for (const [bit, flag] of flags) if ((rest & bit) !== 0) words.push(flag);
  if (end > optionsAt) words.push(`mac ${readMac(bytes, optionsAt + 2)}`);
  if (detail.hasChecksums) words.push(describeChecksum(bytes, at));
  return words.join(' ');
}
