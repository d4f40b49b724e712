import { getU32 } from '../bytes/big-endian.ts';
import { type CapturedPacket, CaptureError } from './capture.ts';
import { MICROSECONDS, NANOSECONDS, readPcap } from './read-pcap.ts';
import { readPcapng, SECTION } from './read-pcapng.ts';
import { Source } from './source.ts';

/** The packets of a pcap or pcapng file, of either byte order, one after the other. A damaged or truncated file gives what is
 *  before the damage. @throws CaptureError while iterating. */
export function readCapture(bytes: Uint8Array): Generator<CapturedPacket, void> {
  if (bytes.length < 4) throw unknown();
  const magic = getU32(bytes, 0);
  if (magic === SECTION) return readPcapng(bytes);
  const swapped = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  if (isPcap(magic)) return readPcap(new Source(bytes, false));
  if (isPcap(swapped)) return readPcap(new Source(bytes, true));
  throw unknown();
}

function isPcap(magic: number): boolean {
  return magic === MICROSECONDS || magic === NANOSECONDS;
}

function unknown(): CaptureError {
  return new CaptureError('this is neither a pcap nor a pcapng file', 0, 'compressed captures must be unpacked first');
}
