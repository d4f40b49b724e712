import { etherTypeNumbers } from '../address/ether-type.ts';
import { type Datagram, locateDatagram } from './datagram.ts';
import { locateLink } from './link.ts';

/** The IP datagram of a frame, behind up to two VLAN tags. `frameLength`: bytes of the whole frame, if `bytes` are only its
 *  beginning. */
export function locateFrameDatagram(bytes: Uint8Array, frameLength: number): Datagram | undefined {
  const link = locateLink(bytes);
  const version = versionOf(link?.type);
  if (!link || !version) return undefined;
  return locateDatagram(bytes, link.end, version, {
    readable: Math.min(bytes.length, frameLength),
    claimable: frameLength,
  });
}

function versionOf(type: number | undefined): 4 | 6 | undefined {
  if (type === etherTypeNumbers.ipv4) return 4;
  if (type === etherTypeNumbers.ipv6) return 6;
  return undefined;
}
