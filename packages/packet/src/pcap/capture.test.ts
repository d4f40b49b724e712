import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../bytes/concat.ts';
import { CaptureError, type PacketToCapture } from './capture.ts';
import { readCapture } from './read-capture.ts';
import { writePcap, writePcapng } from './write-capture.ts';

const packets = fc.array(
  fc.record({
    bytes: fc.uint8Array({ maxLength: 80 }),
    time: fc.bigInt(0n, 4_000_000_000_000_000_000n),
    extra: fc.nat(100),
  }),
  { maxLength: 10 },
);
const toCapture = (list: readonly { bytes: Uint8Array; time: bigint; extra: number }[]): PacketToCapture[] =>
  list.map(({ bytes, time, extra }, index) => ({ bytes, time, length: bytes.length + extra, interface: index % 2 }));

/** Words in either byte order. */
function words(isLittle: boolean, ...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value, isLittle);
  return new Uint8Array(view.buffer);
}
function block(isLittle: boolean, type: number, ...body: readonly Uint8Array[]): Uint8Array {
  const whole = concat(...body);
  return concat(words(isLittle, type, whole.length + 12), whole, words(isLittle, whole.length + 12));
}
const section = (isLittle: boolean) =>
  block(isLittle, 0x0a0d0d0a, words(isLittle, 0x1a2b3c4d, isLittle ? 1 : 0x1_0000, ~0 >>> 0, ~0 >>> 0));
/** Link type 1 in the first half of the word. */
const ethernet = (isLittle: boolean, ...options: readonly Uint8Array[]) =>
  block(isLittle, 1, words(isLittle, isLittle ? 1 : 0x1_0000, 4), ...options);

describe('capture files', () => {
  it('have more packets than a call takes arguments', () => {
    const bytes = Uint8Array.of(1);
    const [first, ...others] = readCapture(writePcap(Array.from({ length: 200_000 }, () => ({ bytes }))));
    expect(first?.bytes).toEqual(bytes);
    expect(others).toHaveLength(199_999);
  });

  it('are read as they were written: pcap', () => {
    fc.assert(
      fc.property(packets, (list) => {
        const written = toCapture(list);
        expect([...readCapture(writePcap(written))]).toEqual(
          written.map((packet) => ({ ...packet, interface: 0, linkType: 1 })),
        );
      }),
    );
  });

  it('are read as they were written: pcapng, two interfaces', () => {
    fc.assert(
      fc.property(packets, (list) => {
        const written = toCapture(list);
        const file = writePcapng(written, [{ name: 'left' }, { linkType: 101 }]);
        const expected = written.map((packet) => ({ ...packet, linkType: packet.interface === 0 ? 1 : 101 }));
        expect([...readCapture(file)]).toEqual(expected);
      }),
    );
    expect(() => writePcapng([{ bytes: new Uint8Array(1), interface: 1 }])).toThrow(
      'interface 1 is not among the 1 given',
    );
  });

  it.each([
    [true, 0xa1b2c3d4, 1_000n],
    [false, 0xa1b2c3d4, 1_000n],
    [true, 0xa1b23c4d, 1n],
    [false, 0xa1b23c4d, 1n],
  ])('of either byte order and both units: little-endian %s, magic %i', (isLittle, magic, nanosPerUnit) => {
    const head = words(isLittle, magic, 0, 0, 0, 65_535, 0x5000_0001); // with a length of frame check sequences
    const file = concat(head, words(isLittle, 7, 9, 2, 60), Uint8Array.of(1, 2));
    expect([...readCapture(file)]).toEqual([
      { bytes: Uint8Array.of(1, 2), length: 60, time: 7_000_000_000n + 9n * nanosPerUnit, interface: 0, linkType: 1 },
    ]);
  });

  it.each([true, false])('of pcapng have sections, resolutions and unknown blocks: little-endian %s', (isLittle) => {
    const half = (a: number, b: number) => words(isLittle, isLittle ? a + b * 0x1_0000 : a * 0x1_0000 + b);
    const resolution = concat(half(9, 1), Uint8Array.of(0x8a, 0, 0, 0)); // 2⁻¹⁰ s
    const offset = concat(half(14, 8), isLittle ? words(true, 5, 0) : words(false, 0, 5)); // 5 s
    const bytes = Uint8Array.of(1, 2, 3, 0);
    const file = concat(
      section(isLittle),
      block(isLittle, 0x0bad, Uint8Array.of(1, 2, 3, 4)),
      ethernet(isLittle),
      ethernet(isLittle, resolution, offset, words(isLittle, 0)),
      block(isLittle, 6, words(isLittle, 1, 0, 2048, 3, 9), bytes),
      block(isLittle, 3, words(isLittle, 900), Uint8Array.of(1, 2, 3, 4)), // a simple packet, cut to the snap length of 4
      block(isLittle, 2, half(1, 0), words(isLittle, 0, 1024, 3, 9), bytes), // the obsolete packet block
      section(!isLittle),
      ethernet(!isLittle),
      block(!isLittle, 6, words(!isLittle, 0, 0, 2_000_000, 3, 3), bytes),
    );
    expect(
      [...readCapture(file)].map(({ time, interface: number, length, bytes: { length: captured } }) => [
        time,
        number,
        captured,
        length,
      ]),
    ).toEqual([
      [7_000_000_000n, 1, 3, 9],
      [undefined, 0, 4, 900],
      [6_000_000_000n, 1, 3, 9],
      [2_000_000_000n, 2, 3, 3],
    ]);
  });

  it('that were cut short give what is there, then say where they end', () => {
    for (const file of [writePcap([{ bytes: new Uint8Array(10) }]), writePcapng([{ bytes: new Uint8Array(10) }])]) {
      const two = concat(file, file.subarray(file.length - 26));
      const read = readCapture(two.subarray(0, two.length - 1));
      expect(read.next().value?.bytes.length).toBe(10);
      expect(() => read.next()).toThrow(CaptureError);
    }
    const cut = writePcap([{ bytes: new Uint8Array(10) }]).subarray(0, 45);
    expect(() => [...readCapture(cut)]).toThrow(
      'a packet needs 10 bytes, the file has 5 more (at byte 40 of the capture)',
    );
  });

  it('that are none are refused', () => {
    for (const bytes of [new Uint8Array(), Uint8Array.of(1, 2, 3, 4), new TextEncoder().encode('not a capture')]) {
      expect(() => [...readCapture(bytes)]).toThrow('neither a pcap nor a pcapng file');
    }
    const damaged = writePcapng([]);
    damaged[4] = 13;
    expect(() => [...readCapture(damaged)]).toThrow('impossible length 13');
  });

  it('never do worse than a CaptureError, whatever their bytes', () => {
    const change = fc.tuple(fc.nat(200), fc.nat(255));
    fc.assert(
      fc.property(
        fc.boolean(),
        packets,
        fc.array(change, { maxLength: 5 }),
        fc.nat(300),
        (isNg, list, changes, length) => {
          const file = (isNg ? writePcapng(toCapture(list), [{}, {}]) : writePcap(toCapture(list))).slice(0, length);
          for (const [at, value] of changes) file[at] = value;
          try {
            for (const packet of readCapture(file)) expect(packet.bytes.length).toBeLessThanOrEqual(file.length);
          } catch (error) {
            expect(error).toBeInstanceOf(CaptureError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
