import type { EtherType, u16 } from '../types/values.ts';
import { AddressError } from './address-error.ts';

/** Numbers of the IEEE registry. */
export const etherTypeNumbers = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd, mpls: 0x8847, lldp: 0x88cc } as const;
/** Tag protocol identifiers: 802.1Q, and 802.1ad for the outer one of two. */
export const vlanTagTypes = { customer: 0x8100, service: 0x88a8 } as const;

const numbers = new Map<string, u16>(Object.entries(etherTypeNumbers));
const names = new Map<number, EtherType>([
  [0x0800, 'ipv4'],
  [0x0806, 'arp'],
  [0x86dd, 'ipv6'],
  [0x8847, 'mpls'],
  [0x88cc, 'lldp'],
]);

/** The name where there is one, else the number. */
export function etherTypeName(number: u16): EtherType {
  return names.get(number) ?? number;
}

/** @throws AddressError for a name that is not in `EtherType` and a number above 16 bits. */
export function etherTypeNumber(type: EtherType): u16 {
  if (typeof type !== 'number') return etherTypeNumberOf(type);
  if (Number.isInteger(type) && type >= 0 && type <= 0xffff) return type;
  throw bad(String(type), 'it is no number from 0 to 65535');
}

/** The number of a name. @throws AddressError */
export function etherTypeNumberOf(name: string): u16 {
  const number = numbers.get(name);
  if (number === undefined) throw bad(name, 'there is no such name');
  return number;
}

function bad(text: string, why: string): AddressError {
  const names = Object.keys(etherTypeNumbers).join(', ');
  return new AddressError('an Ethernet type', text, why, `names are ${names}; others are written as their number`);
}
