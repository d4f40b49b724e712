import { getU8 } from '../bytes/big-endian.ts';
import type { Mac } from '../types/values.ts';
import { AddressError } from './address-error.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The address in the 6 bytes at `at`. */
export function readMac(bytes: Uint8Array, at: number): Mac {
  let text = HEX[getU8(bytes, at)] ?? '';
  for (let index = 1; index < 6; index++) text += `:${HEX[getU8(bytes, at + index)]}`;
  return text;
}

/** Puts the address into the 6 bytes at `at`; upper case is taken too. @throws AddressError */
export function writeMac(address: Mac, bytes: Uint8Array, at: number): void {
  const parts = address.split(':');
  const wrong = parts.find((part) => !/^[0-9a-fA-F]{2}$/.test(part));
  if (parts.length !== 6 || wrong !== undefined) throw bad(address, parts.length, wrong);
  for (const [index, part] of parts.entries()) bytes[at + index] = Number.parseInt(part, 16);
}

function bad(address: string, parts: number, wrong: string | undefined): AddressError {
  const why = parts === 6 ? `'${wrong}' is not two hexadecimal digits` : `it has ${parts} of 6 parts`;
  return new AddressError(
    'a MAC address',
    address,
    why,
    "write six pairs of hexadecimal digits, such as '02:00:00:00:00:01'",
  );
}

/** @throws AddressError */
export function macToBytes(address: Mac): Uint8Array {
  const bytes = new Uint8Array(6);
  writeMac(address, bytes, 0);
  return bytes;
}

/** Lower case, so that `===` is equality. @throws AddressError */
export function canonicalMac(address: Mac): Mac {
  return readMac(macToBytes(address), 0);
}
