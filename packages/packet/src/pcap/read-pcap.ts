// Classic pcap: a file header of 24 bytes, then records of 16 bytes and a packet each. The magic number tells the byte order
// and whether the second half of a time is micro- or nanoseconds.
import type { CapturedPacket } from './capture.ts';
import type { Source } from './source.ts';

export const MICROSECONDS = 0xa1b2c3d4;
export const NANOSECONDS = 0xa1b23c4d;

export function* readPcap(file: Source): Generator<CapturedPacket, void> {
  const nanosPerUnit = file.u32(0, 'the file header') === NANOSECONDS ? 1n : 1000n;
  // The upper half may hold the length of frame check sequences.
  const linkType = file.u32(20, 'the file header') & 0xffff;
  for (let at = 24; at < file.length; ) {
    const time =
      BigInt(file.u32(at, 'a record')) * 1_000_000_000n + BigInt(file.u32(at + 4, 'a record')) * nanosPerUnit;
    const captured = file.u32(at + 8, 'a record');
    const length = file.u32(at + 12, 'a record');
    yield { bytes: file.slice(at + 16, captured, 'a packet'), length, time, interface: 0, linkType };
    at += 16 + captured;
  }
}
