import type { Ip, Mac, Prefix } from '../types/values.ts';
import { AddressError } from './address-error.ts';
import { ipFromBytes, ipToBytes } from './ip.ts';
import { macToBytes, readMac } from './mac.ts';

/** A network: its first address, 4 or 16 bytes in network order, and how many bits of it count. */
export interface PrefixBytes {
  readonly address: Uint8Array;
  readonly length: number;
}

const HINT = "write an address and a number of bits, such as '192.0.2.0/24'";

/** @throws AddressError, also where bits behind the prefix are set. */
export function parsePrefix(text: Prefix): PrefixBytes {
  return parseWith(text, ipToBytes, ipFromBytes);
}

export function formatPrefix(prefix: PrefixBytes): Prefix {
  return `${ipFromBytes(prefix.address)}/${prefix.length}`;
}

/** The one form of a prefix, so that `===` is equality. @throws AddressError */
export function canonicalPrefix(text: Prefix): Prefix {
  return formatPrefix(parsePrefix(text));
}

/** Addresses: `'10.0.0.0/8'`; MAC addresses: `'01:80:c2:00:00:00/44'`. Another family is not within. @throws AddressError */
export function within(address: Ip, network: Prefix): boolean;
export function within(address: Mac, network: `${string}/${number}`): boolean;
export function within(address: string, network: string): boolean {
  if (isMac(address))
    return isMac(network) && covers(parseWith(network, macToBytes, readFirstMac), macToBytes(address));
  return !isMac(network) && covers(parsePrefix(network), ipToBytes(address));
}

/** Six pairs of digits: no IPv6 address has six groups without `::`. */
function isMac(text: string): boolean {
  return /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}(\/|$)/.test(text);
}

const readFirstMac = (bytes: Uint8Array) => readMac(bytes, 0);

function parseWith(
  text: string,
  parse: (address: string) => Uint8Array,
  format: (bytes: Uint8Array) => string,
): PrefixBytes {
  const [address = '', bits, ...rest] = text.split('/');
  if (bits === undefined || rest.length > 0)
    throw new AddressError('a prefix', text, "it has not exactly one '/'", HINT);
  const bytes = parse(address);
  const length = Number(bits);
  if (!/^(0|[1-9][0-9]*)$/.test(bits) || length > bytes.length * 8) {
    throw new AddressError('a prefix', text, `'${bits}' is no number of bits from 0 to ${bytes.length * 8}`, HINT);
  }
  if (!hasNoneBehind(bytes, length)) {
    throw new AddressError(
      'a prefix',
      text,
      'bits behind the prefix are set',
      `did you mean '${format(masked(bytes, length))}/${length}'?`,
    );
  }
  return { address: bytes, length };
}

/** Whether no bit behind the prefix is set; a loop, because lists of rules have thousands of prefixes. */
function hasNoneBehind(address: Uint8Array, length: number): boolean {
  for (let index = length >> 3; index < address.length; index++) {
    if (((address[index] ?? 0) & ~maskOf(length, index)) !== 0) return false;
  }
  return true;
}

function masked(address: Uint8Array, length: number): Uint8Array {
  return address.map((byte, index) => byte & maskOf(length, index));
}

function maskOf(length: number, index: number): number {
  const bits = Math.min(8, Math.max(0, length - 8 * index));
  return (0xff00 >> bits) & 0xff;
}

function covers(network: PrefixBytes, address: Uint8Array): boolean {
  if (address.length !== network.address.length) return false;
  return address.every((byte, index) => (byte & maskOf(network.length, index)) === network.address[index]);
}
