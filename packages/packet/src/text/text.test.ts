import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes, texts } from '../arbitrary/index.ts';
import { verifyChecksums } from '../checksum/verify.ts';
import { packetView } from '../view/packet-view.ts';
import { packetFromText } from './packet-from-text.ts';
import { PacketTextError } from './packet-text-error.ts';
import { textOf } from './text-of.ts';

const hex = (text: string) => Buffer.from(packetFromText(text)).toString('hex');
const view = (text: string) => packetView(packetFromText(text), { port: 'a', now: 0 });

describe('packet text', () => {
  it('gives exactly the bytes that the RFCs say', () => {
    expect(hex('vlan 5 / ip 10.0.0.1 > 10.0.0.2 hops 1 / tcp 4000 > 80 syn ack / "payload"')).toBe(
      '020000000002020000000001' +
        '8100' +
        '0005' +
        '0800' +
        '4500002f0000000001' +
        '06a5c70a0000010a000002' +
        '0fa00050' +
        '00000000' +
        '00000000' +
        '5012ffffcea9' +
        '0000' +
        '7061796c6f6164',
    );
    expect(hex('ip fd00::1 > fd00::2 / udp 5 > 53 / hex 0102')).toBe(
      '020000000002020000000001' +
        '86dd' +
        '60000000000a1140' +
        'fd000000000000000000000000000001' +
        'fd000000000000000000000000000002' +
        '00050035000a049a' +
        '0102',
    );
    expect(hex('arp who-has 10.0.0.1 tell 10.0.0.2')).toBe(
      'ffffffffffff020000000001' +
        '0806' +
        '0001080006040001' +
        '0200000000010a000002' +
        '0000000000000a000001' +
        '00'.repeat(18),
    );
    expect(hex('eth 02:00:00:00:00:0a > 02:00:00:00:00:0b / ip 10.0.0.1 > 10.0.0.2 protocol 99 / zeros 40')).toMatch(
      /^02000000000b02000000000a08004500003c000000004063/,
    );
    expect(hex('hex 01 0203')).toBe('010203');
    expect(hex('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 / cut 20')).toBe('0200000000020200000000010800' + '4500001c0000');
  });

  it.each([
    [
      'vlan 5 / vlan 6 / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2',
      'eth / vlan 5 / vlan 6 / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2',
    ],
    [
      'vlan 5 tag 0x8100 / vlan 6 / arp who-has 1.2.3.4 tell 1.2.3.5',
      'eth / vlan 5 tag 0x8100 / vlan 6 / arp who-has 1.2.3.4 tell 1.2.3.5',
    ],
    [
      'ip 10.0.0.1 > 224.0.0.5 protocol 89 hops 1 / zeros 44',
      'eth / ip 10.0.0.1 > 224.0.0.5 hops 1 protocol 89 / zeros 44',
    ],
    [
      'ip 10.0.0.1 > 10.0.0.2 options nop / tcp 1 > 2 syn',
      'eth / ip 10.0.0.1 > 10.0.0.2 options hex 01000000 / tcp 1 > 2 syn',
    ],
    [
      'ip 10.0.0.1 > 10.0.0.2 fragment offset 0 more id 7 / udp 1 > 2 / zeros 32',
      'eth / ip 10.0.0.1 > 10.0.0.2 id 7 fragment offset 0 more / udp 1 > 2 / zeros 32',
    ],
    [
      'ip 10.0.0.1 > 10.0.0.2 fragment offset 185 id 7 protocol udp / hex 01',
      'eth / ip 10.0.0.1 > 10.0.0.2 id 7 fragment offset 185 protocol udp / hex 01',
    ],
    [
      'ip fd00::1 > fd00::2 / ext fragment offset 3 id 7 next tcp / zeros 8',
      'eth / ip fd00::1 > fd00::2 / ext fragment offset 3 id 7 next tcp / zeros 8',
    ],
    [
      'ip 10.0.0.1 > 10.0.0.2 / icmp echo-request id 7',
      'eth / ip 10.0.0.1 > 10.0.0.2 / icmp echo-request id 7 sequence 0',
    ],
    [
      'ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 checksum 5',
      'eth / ip 10.0.0.1 > 10.0.0.2 checksum 26318 / tcp 1 > 2 checksum 5',
    ],
    [
      'ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 / trailer hex 01',
      'eth / ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 / trailer hex 010000000000',
    ],
    ['ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 / unpadded', 'eth / ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 / unpadded'],
    [
      'ip 10.0.0.9 > 10.0.0.1 / icmp unreachable mtu 1400 about (ip 10.0.0.1 > 10.0.0.2 df / udp 5 > 6 / "x")',
      'eth / ip 10.0.0.9 > 10.0.0.1 / icmp unreachable code too-big rest 1400 about (ip 10.0.0.1 > 10.0.0.2 df / udp 5 > 6 / "x")',
    ],
    [
      'ip fe80::2 > fe80::1 hops 255 / icmp6 neighbour-advertisement fe80::2 solicited mac 02:00:00:00:00:02',
      'eth / ip fe80::2 > fe80::1 hops 255 / icmp6 neighbour-advertisement fe80::2 solicited mac 02:00:00:00:00:02',
    ],
    [
      'eth 02:00:00:00:00:07 > 02:00:00:00:00:08 type 0x1234 / "a\\"b\\\\c\\n"',
      `eth 02:00:00:00:00:07 > 02:00:00:00:00:08 type 0x1234 / hex 6122625c630a${'00'.repeat(40)}`,
    ],
    ['hex 0102', 'hex 0102'],
  ])('%s prints as %s', (text, printed) => {
    expect(textOf(packetFromText(text))).toBe(printed);
  });

  it('makes right packets of texts that say nothing wrong', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(verifyChecksums(packetFromText(text)).filter(({ isRight, found }) => !isRight && found !== 0)).toEqual(
          [],
        );
      }),
    );
  });

  it('prints packets that it wrote without resorting to bytes for their headers', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const printed = view(text).toString();
        expect(printed).not.toContain(' type ');
        expect(/ (tcp|udp|sctp|icmp6?|arp) /.test(printed)).toBe(true);
      }),
    );
  });

  it('round-trips: the text of any bytes gives these bytes', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(Buffer.from(packetFromText(textOf(bytes))).equals(bytes)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('can say what is wrong on purpose', () => {
    expect(
      verifyChecksums(packetFromText('ip 10.0.0.1 > 10.0.0.2 checksum bad / udp 1 > 2 checksum bad')).map(
        (r) => r.isRight,
      ),
    ).toEqual([false, false]);
    expect(view('ip 10.0.0.1 > 10.0.0.2 ihl 4 / udp 1 > 2').ip()).toBeUndefined();
    expect(view('ip 10.0.0.1 > 10.0.0.2 length 20 / udp 1 > 2').ip()?.udp()).toBeUndefined();
    expect(view('ip fd00::1 > fd00::2 version 4 / udp 1 > 2').ip()).toBeUndefined();
    expect(view('ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 data-offset 4').ip()?.tcp()).toBeUndefined();
  });

  it.each([
    ['ip 10.0.0.1 > 10.0.0.2 hpos 1', 23, "'hpos' is no word of ip (IPv4)"],
    ['ip 10.0.0 > 10.0.0.2', 3, 'it has 3 of 4 parts'],
    ['ip 10.0.0.1 > fd00::1', 14, 'differ in family'],
    ['ip 10.0.0.1 10.0.0.2', 12, "'>' is missing"],
    ['ip 10.0.0.1 > 10.0.0.2 / udp 70000 > 1', 29, "'70000' is no source port"],
    ['ip 10.0.0.1 > 10.0.0.2 / icmp6 echo-request', 25, 'not the ICMP of IPv4'],
    ['ip 10.0.0.1 > 10.0.0.2 / quic', 25, "there is no layer 'quic'"],
    ['ip 10.0.0.1 > 10.0.0.2 /', 24, 'a layer is missing here'],
    ['ip 10.0.0.1 > 10.0.0.2 / "abc', 25, 'does not end'],
    ['hex 012', 4, 'hexadecimal digits are missing'],
    ['ip fd00::1 > fd00::2 fragment offset 0', 21, 'a header of their own'],
    ['ip 10.0.0.1 > 10.0.0.2 / icmp unreachable about (ip 10.0.0.1 > 10.0.0.2', 71, "')' is missing"],
    ['ip 10.0.0.1 > 10.0.0.2 / zeros 65535 / zeros 65535', 0, 'does not fit into 16 bits'],
    ['', 0, 'a layer is missing here'],
  ])('%s is refused at character %i: %s', (text, at, why) => {
    const error = caught(() => packetFromText(text));
    expect(error).toBeInstanceOf(PacketTextError);
    expect(error).toMatchObject({ at });
    expect(String(error)).toContain(why);
  });

  it('shows the place', () => {
    expect(String(caught(() => packetFromText('ip 10.0.0.1 > 10.0.0.2 hops 256')))).toBe(
      "PacketTextError: '256' is no number of hops\n" +
        '  ip 10.0.0.1 > 10.0.0.2 hops 256\n' +
        '                              ^^^\n' +
        'write a number from 0 to 255',
    );
  });
});

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
