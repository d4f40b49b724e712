// An address of either family in 16 bytes:
//
//   IPv6   the address
//   IPv4   ff 00 00 00 00 00 00 00 00 00 00 00 a b c d
//
// ff00::/16, multicast of scope 0, is reserved and never on the wire (RFC 4291 section 2.7), so that no IPv6 address is taken
// for an IPv4 one, IPv4-mapped addresses included. All zero is '::'.

import { type Ip, isIp4, readIp4, readIp6, writeIp, writeIp4 } from '@twinpath/packet';

const TAG = 0xff;
const ADDRESS = 12;

/** @throws AddressError; RangeError for an IPv6 address that looks like a tagged IPv4 address. */
export function writeTaggedIp(address: Ip, bytes: Uint8Array, at: number): void {
  if (isIp4(address)) {
    bytes.fill(0, at, at + ADDRESS);
    bytes[at] = TAG;
    writeIp4(address, bytes, at + ADDRESS);
    return;
  }
  writeIp(address, bytes, at);
  if (isTagged(bytes, at)) throw new RangeError(`${address} is multicast of scope 0, which is reserved (RFC 4291)`);
}

export function readTaggedIp(bytes: Uint8Array, at: number): Ip {
  return isTagged(bytes, at) ? readIp4(bytes, at + ADDRESS) : readIp6(bytes, at);
}

function isTagged(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== TAG) return false;
  for (let index = 1; index < ADDRESS; index++) if (bytes[at + index] !== 0) return false;
  return true;
}
