import type { VirtioNetHeader } from '@twinpath/linux';
import { prepareSegmentation } from '@twinpath/packet';

const KINDS = { 'tcp 4': 'tcp4', 'tcp 6': 'tcp6', 'udp 4': 'udp', 'udp 6': 'udp' } as const;

/**
 * What is left to do to a frame that is many (GSO). The checksum field gets the sum of the pseudo header, whatever the slow path
 * has changed. @throws Error for a frame that nobody can cut.
 */
export function offloadOf(frame: Uint8Array, segmentSize: number): VirtioNetHeader {
  const found = prepareSegmentation(frame);
  if (found === undefined)
    throw new Error(`a frame of ${frame.length} bytes is neither TCP nor UDP, and cannot be cut`);
  const { transport, version, checksumStart, checksumOffset, headers } = found;
  const segments = { kind: KINDS[`${transport} ${version}`], size: segmentSize, headers };
  return { checksumStart, checksumOffset, segments };
}
