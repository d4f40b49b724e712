import { concat } from '../bytes/concat.ts';
import { encodeLayers, type Layer } from './layer.ts';

/** IEEE 802.3: 64 bytes, less the frame check sequence. */
export const MIN_FRAME = 60;

/** Whole frames from layers, with lengths, checksums and padding to 60 bytes. The first layer is an Ethernet header.
 *  @throws RangeError @throws AddressError a value that does not fit its field. */
export function frame(...outermostFirst: readonly Layer[]): Uint8Array {
  if (!outermostFirst[0]?.macs) throw new RangeError('a frame begins with ethernetHeader(…)');
  return padded(encodeLayers(outermostFirst), MIN_FRAME);
}

export function padded(bytes: Uint8Array, length: number): Uint8Array {
  return concat(bytes, new Uint8Array(Math.max(0, length - bytes.length)));
}
