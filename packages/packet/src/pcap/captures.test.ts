// Real traffic, where there is any: the folder that TWINPATH_CAPTURES names.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sameBytes } from '../bytes/concat.ts';
import { verifyChecksums } from '../checksum/verify.ts';
import { packetFromText } from '../text/packet-from-text.ts';
import { textOf } from '../text/text-of.ts';
import { packetView } from '../view/packet-view.ts';
import { type CapturedPacket, CaptureError, ETHERNET, type PacketToCapture } from './capture.ts';
import { readCapture } from './read-capture.ts';
import { writePcap, writePcapng } from './write-capture.ts';

const folder = process.env.TWINPATH_CAPTURES;
const files = folder === undefined ? [] : readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name));

describe.skipIf(folder === undefined)('real captures', () => {
  it('are there', () => {
    expect(files.length).toBeGreaterThan(0);
  });

  it.each(files)('%s is read, written, printed and rewritten', (name) => {
    const packets = readAll(readFileSync(join(folder ?? '', name)));
    expect(packets.length).toBeGreaterThan(0);
    const written = packets.map(({ bytes, length, time }) => ({ bytes, length, time: time ?? 0n }));
    for (const file of [writePcap(written), writePcapng(written)]) {
      const again = [...readCapture(file)];
      expect(again.length).toBe(written.length);
      expect(again.every((packet, index) => isSame(packet, written[index]))).toBe(true);
    }
    for (const { bytes, length, linkType } of packets.slice(0, 200)) {
      if (linkType !== ETHERNET) continue;
      expect(sameBytes(packetFromText(textOf(bytes)), bytes)).toBe(true);
      expectRewriteToKeepChecksums(bytes.slice(), length);
    }
  });
});

/** As far as the file goes: some are cut short. */
function readAll(file: Uint8Array): readonly CapturedPacket[] {
  const packets: CapturedPacket[] = [];
  try {
    for (const packet of readCapture(file)) packets.push(packet);
  } catch (error) {
    expect(error).toBeInstanceOf(CaptureError);
  }
  return packets;
}

function isSame(packet: CapturedPacket, written: PacketToCapture | undefined): boolean {
  if (!written || packet.length !== written.length || packet.time !== written.time) return false;
  return sameBytes(packet.bytes, written.bytes);
}

/** As right or wrong as before, by the same amount. */
function expectRewriteToKeepChecksums(bytes: Uint8Array, length: number): void {
  const errors = () => verifyChecksums(bytes).map(({ found, expected }) => (found - expected + 0xffff) % 0xffff);
  const ip = packetView(bytes, { port: 'a', now: 0, length }).ip();
  const flow = ip?.flow();
  if (!ip || !flow) return;
  const before = errors();
  ip.rewrite({ ...flow, src: ip.version === 4 ? '192.0.2.1' : '2001:db8::1', sport: 4242 });
  expect(errors()).toEqual(before);
}
