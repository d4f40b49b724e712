import { ethernetHeader, frame, ipHeader, rawBytes, tcpHeader, udpHeader } from '@twinpath/packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ip4, mac, oneOf } from '../types/fields.ts';
import { u8, u16, u32 } from '../types/integers.ts';
import { bits, bytesAfter, flag, header } from './header.ts';
import { readHeaderField, writeHeader } from './header-bytes.ts';
import { headerFormat } from './header-format.ts';
import { CopiedFrame } from './packet-view.ts';

// TS 29.281 section 5.1
const gtpu = header(
  {
    version: bits(3),
    isGtp: flag,
    spare: flag,
    hasExtension: flag,
    hasSequence: flag,
    hasNumber: flag,
    type: u8,
    length: bytesAfter,
    teid: u32,
  },
  { defaults: { version: 1, isGtp: true } },
);
const sized = header({ words: u8, rest: bits(24) }, { bytes: ({ words }) => 4 * words });

const outer = [
  ethernetHeader({}),
  ipHeader({ src: '10.0.0.1', dst: '10.0.0.2' }),
  udpHeader({ sport: 2152, dport: 2152 }),
];
const inner = [ipHeader({ src: '10.1.0.1', dst: '10.1.0.2' }), udpHeader({ sport: 5, dport: 53 }), rawBytes([1, 2])];
const view = (bytes: Uint8Array) => new CopiedFrame(bytes, { port: 'left', now: 0 });

describe('header', () => {
  it('builds what the diagram says, most significant bit first, lengths filled in', () => {
    const bytes = frame(...outer, gtpu({ type: 255, hasSequence: true, teid: 0x0102_0304 }), rawBytes([9, 9, 9]));
    expect(Buffer.from(bytes.subarray(42, 53)).toString('hex')).toBe('32ff000301020304090909');
  });

  it('reads a tunnel on Node as the fast path does, down to the packet inside', () => {
    const packet = view(frame(...outer, gtpu({ type: 255, teid: 7 }), ...inner));
    const tunnel = packet.ip()?.udp()?.next(gtpu);
    expect(tunnel).toMatchObject({ version: 1, isGtp: true, hasSequence: false, type: 255, length: 30, teid: 7 });
    expect(tunnel?.ip()?.src).toBe('10.1.0.1');
    expect(tunnel?.ip()?.udp()?.dport).toBe(53);
    expect(tunnel?.next(sized)).toBeUndefined();
  });

  it('writes through its view into the packet', () => {
    const packet = view(frame(...outer, gtpu({ type: 1 })));
    const tunnel = packet.ip()?.udp()?.next(gtpu);
    if (tunnel) Object.assign(tunnel, { teid: 5, hasSequence: true, version: 7 });
    expect(packet.ip()?.udp()?.next(gtpu)).toMatchObject({
      teid: 5,
      hasSequence: true,
      version: 7,
      isGtp: true,
      type: 1,
    });
    expect(() => Object.assign(tunnel ?? {}, { version: 8 })).toThrow('field version takes a whole number from 0 to 7');
  });

  it('is no view when it is not all there', () => {
    expect(
      view(frame(...outer, rawBytes(new Array(7).fill(0))))
        .ip()
        ?.udp()
        ?.next(gtpu),
    ).toBeUndefined();
    expect(
      view(frame(...outer, rawBytes(new Array(8).fill(0))))
        .ip()
        ?.udp()
        ?.next(gtpu),
    ).toBeDefined();
    expect(
      view(frame(...outer, sized({ words: 3 }), rawBytes([0, 0, 0, 0])))
        .ip()
        ?.udp()
        ?.next(sized),
    ).toBeUndefined();
    expect(
      view(frame(...outer, sized({ words: 2 }), rawBytes([0, 0, 0, 0])))
        .ip()
        ?.udp()
        ?.next(sized),
    ).toMatchObject({ words: 2 });
  });

  it('follows IP directly where the author says so', () => {
    const esp = header({ spi: u32, sequence: u32 });
    const packet = view(
      frame(ethernetHeader({}), ipHeader({ src: '::1', dst: '::2', protocol: 'esp' }), esp({ spi: 3, sequence: 4 })),
    );
    expect(packet.ipv6()?.next(esp)).toMatchObject({ spi: 3, sequence: 4 });
    expect(packet.ipv4()).toBeUndefined();
  });

  it('leaves what @twinpath/packet reads as it was', () => {
    const packet = view(
      frame(ethernetHeader({}), ipHeader({ src: '10.0.0.1', dst: '10.0.0.2' }), tcpHeader({ sport: 1, dport: 2 })),
    );
    expect(packet.ip()?.tcp()?.dport).toBe(2);
    expect(packet.ip()?.flow()).toMatchObject({ sport: 1, dport: 2, protocol: 'tcp' });
    expect(packet.ip()?.udp()).toBeUndefined();
  });

  it('refuses fields that are no header', () => {
    expect(() => header({ a: bits(4), b: u8 })).toThrow('field b: it begins at bit 4 of a byte');
    expect(() => header({ a: bits(7) })).toThrow('its fields take 7 bits');
    expect(() => header({ a: bits(33) })).toThrow('33 bits are not 1 to 32');
    expect(() => header({ a: { b: u8 } })).toThrow('headers do not nest');
    expect(() => header({ next: u8 })).toThrow('next() is what its views have');
  });

  it('reads what it wrote, whatever the widths', () => {
    const widths = fc.array(fc.integer({ min: 1, max: 32 }), { minLength: 1, maxLength: 8 });
    const fields = widths.chain((given) =>
      fc.tuple(fc.constant(given), fc.tuple(...given.map((width) => fc.nat({ max: 2 ** width - 1 })))),
    );
    fc.assert(
      fc.property(fields, ([given, numbers]) => {
        const rest = (8 - (given.reduce((sum, width) => sum + width, 0) % 8)) % 8;
        const names = given.map((width, index) => [`f${index}`, bits(width)] as const);
        const format = headerFormat(
          Object.fromEntries([...names, ...(rest > 0 ? [['pad', bits(rest)] as const] : [])]),
        );
        const bytes = new Uint8Array(format.size);
        writeHeader(format, Object.fromEntries(numbers.map((number, index) => [`f${index}`, number])), bytes);
        expect(format.fields.slice(0, given.length).map((field) => readHeaderField(field, bytes))).toEqual(numbers);
      }),
    );
  });

  it('takes addresses and names as fields, in network order', () => {
    const mixed = header({ kind: oneOf('a', 'b'), pad: u8, port: u16, to: ip4, at: mac });
    const bytes = frame(...outer, mixed({ kind: 'b', port: 258, to: '10.0.0.9', at: '02:00:00:00:00:01' }));
    expect(Buffer.from(bytes.subarray(42, 56)).toString('hex')).toBe('010001020a000009020000000001');
    expect(view(bytes).ip()?.udp()?.next(mixed)).toMatchObject({
      kind: 'b',
      port: 258,
      to: '10.0.0.9',
      at: '02:00:00:00:00:01',
    });
  });
});
