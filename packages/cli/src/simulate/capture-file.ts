import { readFileSync } from 'node:fs';
import { type CapturedPacket, CaptureError, ETHERNET, readCapture } from '@twinpath/packet/pcap';
import { CommandError } from '../output/command-error.ts';

/** @throws CommandError */
export function packetsOf(file: string): readonly CapturedPacket[] {
  let packets: readonly CapturedPacket[];
  try {
    packets = [...readCapture(readFileSync(file))];
  } catch (error) {
    if (error instanceof CaptureError) throw new CommandError(`${file}: ${error.message}`, error.hint);
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CommandError(`cannot read ${file}: ${error.message}`, 'give a capture in pcap or pcapng');
  }
  const other = packets.findIndex(({ linkType }) => linkType !== ETHERNET);
  if (other >= 0) {
    throw new CommandError(
      `packet ${other + 1} of ${file} has link type ${packets[other]?.linkType}, not Ethernet (${ETHERNET})`,
      'capture on an Ethernet interface',
    );
  }
  const cut = packets.filter(({ bytes, length }) => bytes.length < length).length;
  if (cut > 0)
    process.stderr.write(`${cut} packets of ${file} were cut when they were captured; what is left is sent.\n`);
  return packets;
}
