import type { Ip, Ip4, Ip6 } from '../types/values.ts';
import { ip4ToNumber, numberToIp4, readIp4, writeIp4 } from './ip4.ts';
import { readIp6, writeIp6 } from './ip6.ts';

/** Tells the families apart; that the text is an address at all is the business of who made it an `Ip`. */
export function isIp4(address: Ip): address is Ip4 {
  return !address.includes(':');
}

export function isIp6(address: Ip): address is Ip6 {
  return address.includes(':');
}

/** The proof that one address may be written where the other one stands. */
export function sameFamily(a: Ip, b: Ip): boolean {
  return isIp4(a) === isIp4(b);
}

/** 4 or 16 bytes in network order. @throws AddressError */
export function ipToBytes(address: Ip): Uint8Array {
  const bytes = new Uint8Array(isIp4(address) ? 4 : 16);
  writeIp(address, bytes, 0);
  return bytes;
}

/** The address in 4 or 16 bytes. */
export function ipFromBytes(bytes: Uint8Array): Ip {
  if (bytes.length !== 4 && bytes.length !== 16) {
    throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
  }
  return bytes.length === 4 ? readIp4(bytes, 0) : readIp6(bytes, 0);
}

/** Puts the address into the 4 or 16 bytes at `at`. @throws AddressError */
export function writeIp(address: Ip, bytes: Uint8Array, at: number): void {
  if (isIp4(address)) writeIp4(address, bytes, at);
  else if (isIp6(address)) writeIp6(address, bytes, at);
}

/** The one form of an address, so that `===` is equality. @throws AddressError */
export function canonicalIp(address: Ip): Ip {
  return isIp4(address) ? numberToIp4(ip4ToNumber(address)) : ipFromBytes(ipToBytes(address));
}
