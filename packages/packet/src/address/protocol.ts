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

const numbers = new Map<unknown, u8>(Object.entries(protocolNumbers));
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
  const number = typeof protocol === 'number' ? protocol : numbers.get(protocol);
  if (number !== undefined && Number.isInteger(number) && number >= 0 && number <= 255) return number;
  throw new AddressError(
    'an IP protocol',
    String(protocol),
    number === undefined ? 'there is no such name' : 'it is no number from 0 to 255',
    `names are ${Object.keys(protocolNumbers).join(', ')}; others are written as their number`,
  );
}
