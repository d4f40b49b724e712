import type { Protocol, u8 } from '../types/values.ts';
import { AddressError } from './address-error.ts';

/** Numbers of the IANA registry "Protocol Numbers". */
export const protocolNumbers = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  ah: 51,
  icmp6: 58,
  sctp: 132,
} as const;

const numbers = new Map<string, u8>(Object.entries(protocolNumbers));
const names = new Map<number, Protocol>([
  [1, 'icmp'],
  [2, 'igmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [47, 'gre'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'icmp6'],
  [132, 'sctp'],
]);

/** The name where there is one, else the number. */
export function protocolName(number: u8): Protocol {
  return names.get(number) ?? number;
}

/** @throws AddressError for a name that is not in `Protocol` and a number that is no byte. */
export function protocolNumber(protocol: Protocol): u8 {
  if (typeof protocol !== 'number') return protocolNumberOf(protocol);
  if (Number.isInteger(protocol) && protocol >= 0 && protocol <= 255) return protocol;
  throw bad(String(protocol), 'it is no number from 0 to 255');
}

/** The number of a name. @throws AddressError */
export function protocolNumberOf(name: string): u8 {
  const number = numbers.get(name);
  if (number === undefined) throw bad(name, 'there is no such name');
  return number;
}

function bad(text: string, why: string): AddressError {
  const names = Object.keys(protocolNumbers).join(', ');
  return new AddressError('an IP protocol', text, why, `names are ${names}; others are written as their number`);
}
