import { getU8, setU32 } from '../bytes/big-endian.ts';
import type { Ip4, u32 } from '../types/values.ts';
import { AddressError } from './address-error.ts';

const HINT = "write four decimal numbers from 0 to 255 without leading zeros, such as '192.0.2.1'";

const DOT = 46;
const ZERO = 48;

/** Host-order number of an IPv4 address. @throws AddressError for anything but dotted decimal (`'1.2.3'`, `'010.0.0.1'`). */
export function ip4ToNumber(address: Ip4): u32 {
  // Slow paths do it for every packet: no parts are cut out unless something is wrong.
  let value = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) throw wrong(address);
      value = value * 256 + part;
      part = 0;
      digits = 0;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || (digits > 0 && part === 0)) throw wrong(address);
    part = part * 10 + digit;
    digits++;
    if (part > 255) throw wrong(address);
  }
  if (dots !== 3 || digits === 0) throw wrong(address);
  return value * 256 + part;
}

function wrong(address: string): AddressError {
  const parts = address.split('.');
  if (parts.length !== 4)
    return new AddressError('an IPv4 address', address, `it has ${parts.length} of 4 parts`, HINT);
  const bad = parts.find((part) => !/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255);
  return badPart(address, bad ?? address);
}

function badPart(address: string, part: string): AddressError {
  const why = /^0[0-9]+$/.test(part)
    ? `'${part}' has a leading zero, which some read as octal`
    : `'${part}' is no number from 0 to 255`;
  return new AddressError('an IPv4 address', address, why, HINT);
}

export function numberToIp4(value: u32): Ip4 {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** The address in the 4 bytes at `at`. */
export function readIp4(bytes: Uint8Array, at: number): Ip4 {
  return `${getU8(bytes, at)}.${getU8(bytes, at + 1)}.${getU8(bytes, at + 2)}.${getU8(bytes, at + 3)}`;
}

/** Puts the address into the 4 bytes at `at`. @throws AddressError */
export function writeIp4(address: Ip4, bytes: Uint8Array, at: number): void {
  setU32(bytes, at, ip4ToNumber(address));
}
