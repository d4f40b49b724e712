import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipTexts } from '../arbitrary/index.ts';
import { getU16, setU16 } from '../bytes/big-endian.ts';
import { packetFromText } from '../text/packet-from-text.ts';
import { crc32c, updatedCrc32c } from './crc32c.ts';
import { checksumOf, fold, sumOf, udpChecksum, updatedChecksum } from './internet-checksum.ts';
import { completePartialChecksum, verifyChecksums } from './verify.ts';

const ascii = (text: string) => new TextEncoder().encode(text);

describe('the Internet checksum', () => {
  it('is that of the example in RFC 1071', () => {
    expect(sumOf(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(0xddf2);
  });

  it('is a sum modulo 65535 that is zero only for zeros', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        let model = 0n;
        for (let at = 0; at < bytes.length; at += 2) model += BigInt(getU16(bytes, at));
        const folded = model === 0n ? 0n : ((model - 1n) % 0xffffn) + 1n;
        expect(BigInt(sumOf(bytes))).toBe(folded);
      }),
    );
    expect(fold(0xffff * 0x1_0000_0000)).toBe(0xffff);
  });

  it('is, updated word by word in any order, what the whole sum gives (RFC 1624)', () => {
    const writes = fc.array(fc.tuple(fc.nat(19), fc.nat(0xffff)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 42, maxLength: 42 }), writes, (bytes, changes) => {
        bytes[41] = 1; // not all zero: zero has two forms otherwise
        let checksum = checksumOf(sumOf(bytes));
        for (const [word, value] of changes) {
          checksum = updatedChecksum(checksum, getU16(bytes, 2 * word), value);
          setU16(bytes, 2 * word, value);
        }
        expect(checksum).toBe(checksumOf(sumOf(bytes)));
      }),
    );
  });

  it('is that of the example in RFC 1624, where the older equation gives 0xffff', () => {
    expect(updatedChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
  });

  it('of UDP is never zero', () => {
    expect([udpChecksum(0), udpChecksum(7)]).toEqual([0xffff, 7]);
  });
});

describe('CRC32c', () => {
  it('has the check value of its definition', () => {
    expect(crc32c(ascii('123456789'))).toBe(0xe306_9283);
  });

  it('can be updated where bytes changed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(0xffff),
        fc.uint8Array({ maxLength: 40 }),
        (front, change, back) => {
          const delta = new Uint8Array(2);
          setU16(delta, 0, change);
          const before = Uint8Array.from([...front, 1, 2, ...back]);
          const after = Uint8Array.from([...front, 1 ^ (delta[0] ?? 0), 2 ^ (delta[1] ?? 0), ...back]);
          expect(updatedCrc32c(crc32c(before), delta, back.length)).toBe(crc32c(after));
        },
      ),
    );
  });
});

describe('verifyChecksums', () => {
  const checked = (text: string) => verifyChecksums(packetFromText(text)).map(({ of, isRight }) => `${of} ${isRight}`);

  it('names every checksum that it could check', () => {
    expect(checked('vlan 5 / ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2')).toEqual(['ipv4 true', 'tcp true']);
    expect(checked('ip 10.0.0.1 > 10.0.0.2 / icmp echo-request')).toEqual(['ipv4 true', 'icmp true']);
    expect(checked('ip ::1 > ::2 / ext destination / icmp6 echo-request / "x"')).toEqual(['icmp6 true']);
    expect(checked('ip 10.0.0.1 > 10.0.0.2 checksum bad / udp 1 > 2 checksum bad')).toEqual([
      'ipv4 false',
      'udp false',
    ]);
  });

  it('leaves out what cannot be checked', () => {
    expect(checked('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 checksum none')).toEqual(['ipv4 true']);
    expect(checked('ip 10.0.0.1 > 10.0.0.2 fragment offset 0 more / udp 1 > 2 checksum bad')).toEqual(['ipv4 true']);
    expect(checked('ip 10.0.0.1 > 10.0.0.2 fragment offset 9 protocol tcp / zeros 40')).toEqual(['ipv4 true']);
    expect(checked('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 length 9')).toEqual(['ipv4 true']);
    expect(checked('arp who-has 1.2.3.4 tell 1.2.3.5')).toEqual([]);
  });

  it('wants a UDP checksum in IPv6', () => {
    expect(checked('ip ::1 > ::2 / udp 1 > 2 checksum none')).toEqual(['udp false']);
  });

  it('notices every changed bit of what is covered', () => {
    fc.assert(
      fc.property(ipTexts, fc.nat(7), (text, bit) => {
        const bytes = packetFromText(text);
        for (const { at } of verifyChecksums(bytes)) {
          const changed = bytes.slice();
          changed[at] = (changed[at] ?? 0) ^ (1 << bit);
          expect(verifyChecksums(changed).find((report) => report.at === at)?.isRight ?? false).toBe(false);
        }
      }),
    );
  });
});

describe('completePartialChecksum', () => {
  it.each([
    'ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 syn checksum partial / "data"',
    'ip fd00::1 > fd00::2 / tcp 1 > 2 checksum partial',
    'vlan 5 / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 checksum partial / hex 01',
    'ip fd00::1 > fd00::2 / udp 1 > 2 checksum partial / "abc"',
  ])('finishes what the hardware should have: %s', (text) => {
    const bytes = packetFromText(text);
    expect(verifyChecksums(bytes).every(({ isRight }) => isRight)).toBe(false);
    expect(completePartialChecksum(bytes)).toBe(true);
    expect(bytes).toEqual(packetFromText(text.replace(' checksum partial', '')));
    expect(completePartialChecksum(bytes)).toBe(false);
  });

  it.each([
    'ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 checksum bad',
    'ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 checksum none',
    'ip 10.0.0.1 > 10.0.0.2 / icmp echo-request checksum bad',
    'arp who-has 1.2.3.4 tell 1.2.3.5',
  ])('leaves everything else alone: %s', (text) => {
    const bytes = packetFromText(text);
    expect(completePartialChecksum(bytes)).toBe(false);
    expect(bytes).toEqual(packetFromText(text));
  });
});
