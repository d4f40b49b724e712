import { etherTypeName, etherTypeNumbers, vlanTagTypes } from '../address/ether-type.ts';
import { readMac } from '../address/mac.ts';
import { getU16 } from '../bytes/big-endian.ts';
import type { Link } from '../dissect/link.ts';
import { readField } from '../layout/field.ts';
import { ethernetLayout, vlanLayout } from '../layout/headers.ts';
import { arpView } from '../view/arp-view.ts';

/** The Ethernet header and its tags. `isAnnounced`: the layer behind them says the type. */
export function describeLink(
  bytes: Uint8Array,
  { tags, type }: Link,
  hasMacs: boolean,
  isAnnounced: boolean,
): string[] {
  const { src, dst } = ethernetLayout.fields;
  const eth = hasMacs ? `eth ${readMac(bytes, src.at)} > ${readMac(bytes, dst.at)}` : 'eth';
  const layers = [eth, ...Array.from({ length: tags }, (_, number) => describeTag(bytes, number, tags))];
  return isAnnounced ? layers : layers.with(-1, `${layers.at(-1)} type ${hexOrName(type)}`);
}

function describeTag(bytes: Uint8Array, number: number, tags: number): string {
  const at = ethernetLayout.size + vlanLayout.size * number;
  const { id, priority, dropEligible } = vlanLayout.fields;
  const tagType = getU16(bytes, at - 2);
  const usual = number + 1 < tags ? vlanTagTypes.service : vlanTagTypes.customer;
  const words = [`vlan ${readField(bytes, at, id)}`];
  if (readField(bytes, at, priority) !== 0) words.push(`priority ${readField(bytes, at, priority)}`);
  if (readField(bytes, at, dropEligible) !== 0) words.push('dei');
  if (tagType !== usual) words.push(`tag ${hexOrName(tagType)}`);
  return words.join(' ');
}

function hexOrName(type: number): string {
  const name = etherTypeName(type);
  return typeof name === 'string' ? name : `0x${type.toString(16).padStart(4, '0')}`;
}

/** `undefined`: no ARP message of Ethernet and IPv4 that is a question or an answer. */
export function describeArp(bytes: Uint8Array, link: Link): string | undefined {
  const arp = link.type === etherTypeNumbers.arp ? arpView(bytes) : undefined;
  if (!arp) return undefined;
  const src = readMac(bytes, ethernetLayout.fields.src.at);
  const dst = readMac(bytes, ethernetLayout.fields.dst.at);
  const { senderMac, senderIp, targetMac, targetIp } = arp;
  if (arp.operation === 'request') {
    const from = senderMac === src ? '' : ` from ${senderMac}`;
    const to = targetMac === '00:00:00:00:00:00' ? '' : ` to ${targetMac}`;
    return `arp who-has ${targetIp} tell ${senderIp}${from}${to}`;
  }
  if (arp.operation !== 'reply') return undefined;
  return `arp ${senderIp} is-at ${senderMac} tell ${targetIp}${targetMac === dst ? '' : ` to ${targetMac}`}`;
}
