import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ip6s, macs } from '../arbitrary/index.ts';
import { verifyChecksums } from '../checksum/verify.ts';
import { headerBytes, readField } from '../layout/field.ts';
import { ipv4Layout, ipv6Layout, tcpLayout } from '../layout/headers.ts';
import { packetFromText } from '../text/packet-from-text.ts';
import { packetView } from '../view/packet-view.ts';
import { arpHeader } from './arp-layer.ts';
import { ethernetHeader } from './ethernet-layer.ts';
import { frame } from './frame.ts';
import { neighbourSolicitation } from './icmp-layer.ts';
import { ipHeader } from './ip-layer.ts';
import { type Layer, rawBytes } from './layer.ts';
import { tcpHeader } from './tcp-layer.ts';
import { udpHeader } from './udp-layer.ts';

const src = '02:00:00:00:00:01';
const dst = '02:00:00:00:00:02';

describe('a frame', () => {
  it('is built from layers, with lengths, checksums and padding', () => {
    const ip = ipHeader({ src: '10.0.0.1', dst: '10.0.0.2' });
    expect(frame(ethernetHeader({ src, dst, vlan: 5 }), ip, tcpHeader({ sport: 1, dport: 2, syn: true }))).toEqual(
      packetFromText('vlan 5 / ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 syn'),
    );
    expect(frame(ethernetHeader({ src, dst }), ip, udpHeader({ sport: 1, dport: 2 }), rawBytes([1, 2]))).toEqual(
      packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 / hex 0102'),
    );
    expect(frame(ethernetHeader({ src, dst }), ip, udpHeader({ sport: 1, dport: 2, checksum: false }))).toEqual(
      packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 checksum none'),
    );
    const question = arpHeader({ operation: 'request', senderMac: src, senderIp: '10.0.0.2', targetIp: '10.0.0.1' });
    expect(frame(ethernetHeader({ src, dst: 'ff:ff:ff:ff:ff:ff' }), question)).toEqual(
      packetFromText('arp who-has 10.0.0.1 tell 10.0.0.2'),
    );
  });

  it('can carry a header of the author, announced by whatever is in front', () => {
    const gtpu: Layer = { encode: (behind) => Uint8Array.from([0x30, 255, 0, behind.length, ...behind]) };
    const inner = [ipHeader({ src: '10.1.0.1', dst: '10.1.0.2' }), udpHeader({ sport: 7, dport: 8 })];
    const outer = [
      ethernetHeader({ src, dst }),
      ipHeader({ src: 'fd00::1', dst: 'fd00::2' }),
      udpHeader({ sport: 2152, dport: 2152 }),
    ];
    const bytes = frame(...outer, gtpu, ...inner);
    expect(packetView(bytes, { port: 'a', now: 0 }).ip()?.udp()?.payload()?.u32(0)).toBe(0x30ff001c);
    expect(verifyChecksums(bytes).map(({ isRight }) => isRight)).toEqual([true]);
  });

  it('asks for a neighbour', () => {
    fc.assert(
      fc.property(ip6s, macs, (target, senderMac) => {
        const ask = neighbourSolicitation({ target, senderMac });
        const bytes = frame(ethernetHeader({ src, dst }), ipHeader({ src: 'fe80::1', dst: 'ff02::1', hops: 255 }), ask);
        expect(packetView(bytes, { port: 'a', now: 0 }).ip()?.icmp()?.neighbour()).toEqual({ target, mac: senderMac });
        expect(verifyChecksums(bytes).map(({ of, isRight }) => `${of} ${isRight}`)).toEqual(['icmp6 true']);
      }),
    );
  });

  it('is refused where a value does not fit', () => {
    const eth = ethernetHeader({ src, dst });
    expect(() => frame(ipHeader({ src: '10.0.0.1', dst: '10.0.0.2' }))).toThrow('begins with ethernetHeader');
    expect(() => ipHeader({ src: '10.0.0.1', dst: '::1' })).toThrow('differ in family');
    expect(() => frame(eth, ipHeader({ src: '10.0.0.1', dst: '10.0.0.2', hops: 256 }))).toThrow(
      'hops: 256 does not fit into 8 bits',
    );
    expect(() => frame(eth, ipHeader({ src: '10.0.0.1', dst: '10.0.0.2' }), rawBytes(new Uint8Array(65_516)))).toThrow(
      'length',
    );
    expect(() => frame(ethernetHeader({ src, dst, vlan: 4096 }))).toThrow('id: 4096');
  });
});

describe('header layouts', () => {
  it('have the offsets of the RFCs', () => {
    expect(ipv4Layout.fields.fragmentOffset).toEqual({ at: 6, bit: 3, bits: 13 });
    expect(ipv4Layout.fields.dst).toEqual({ at: 16, bit: 0, bits: 32 });
    expect(ipv6Layout.fields.flowLabel).toEqual({ at: 1, bit: 4, bits: 20 });
    expect(ipv6Layout.fields.dst.at).toBe(24);
    expect(tcpLayout.fields.syn).toEqual({ at: 13, bit: 6, bits: 1 });
    expect([ipv4Layout.size, ipv6Layout.size, tcpLayout.size]).toEqual([20, 40, 20]);
  });

  it('write what they read', () => {
    const values = fc.record({
      sport: fc.nat(0xffff),
      sequence: fc.nat(0xffff_ffff),
      dataOffset: fc.nat(15),
      syn: fc.nat(1),
      urgent: fc.nat(0xffff),
    });
    fc.assert(
      fc.property(values, (given) => {
        const bytes = headerBytes(tcpLayout, given);
        const { sport, sequence, dataOffset, syn, urgent, ack } = tcpLayout.fields;
        const read = [sport, sequence, dataOffset, syn, urgent].map((place) => readField(bytes, 0, place));
        expect(read).toEqual([given.sport, given.sequence, given.dataOffset, given.syn, given.urgent]);
        expect(readField(bytes, 0, ack)).toBe(0);
      }),
    );
  });
});
