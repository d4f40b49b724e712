import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { ip4s, ip6s, macs } from '../arbitrary/index.ts';
import { AddressError } from './address-error.ts';
import { etherTypeName, etherTypeNumber } from './ether-type.ts';
import { canonicalIp, ipFromBytes, ipToBytes, isIp4, isIp6, sameFamily } from './ip.ts';
import { ip4ToNumber, numberToIp4 } from './ip4.ts';
import { canonicalMac, macToBytes, readMac } from './mac.ts';
import { formatPortRange, parsePortRange } from './port-range.ts';
import { canonicalPrefix, formatPrefix, parsePrefix, within } from './prefix.ts';
import { protocolName, protocolNumber } from './protocol.ts';

describe('IPv4 addresses', () => {
  it('are numbers in host order, and back', () => {
    expect(ip4ToNumber('192.0.2.1')).toBe(0xc000_0201);
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (value) => {
        expect(ip4ToNumber(numberToIp4(value))).toBe(value);
      }),
    );
  });

  it.each([
    ['1.2.3', 'it has 3 of 4 parts'],
    ['1.2.3.4.5', 'it has 5 of 4 parts'],
    ['010.0.0.1', "'010' has a leading zero"],
    ['256.0.0.1', "'256' is no number from 0 to 255"],
    ['1.2.3.x', "'x' is no number"],
    ['1.2.3.4 ', 'is no number'],
    ['0x1.2.3.4', 'is no number'],
    ['', 'it has 1 of 4 parts'],
  ])("refuse '%s': %s", (text, why) => {
    expect(() => ip4ToNumber(text)).toThrow(AddressError);
    expect(() => ip4ToNumber(text)).toThrow(why);
  });
});

describe('IPv6 addresses', () => {
  it('print as RFC 5952 says, as another implementation does', () => {
    fc.assert(
      fc.property(ip6s, (address) => {
        const bytes = ipToBytes(address);
        const theirs = ipaddr.fromByteArray([...bytes]).toString();
        // Section 5, the dotted end of mapped addresses, is the one thing that it does not do.
        if (!address.startsWith('::ffff:') || !address.includes('.')) expect(address).toBe(theirs);
      }),
    );
  });

  it('read every form, as another implementation does', () => {
    fc.assert(
      fc.property(ip6s, (address) => {
        const long = ipaddr.parse(address);
        for (const form of [address, long.toNormalizedString(), long.toNormalizedString().toUpperCase()]) {
          expect([...ipToBytes(form)]).toEqual(long.toByteArray());
          expect(canonicalIp(form)).toBe(address);
        }
      }),
    );
  });

  it.each([
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
  });

  it.each([
    ['fe80::1%eth0', 'names a zone'],
    ['1::2::3', "more than one '::'"],
    ['1:2:3:4:5:6:7', 'it has 7 of 8 groups'],
    ['1:2:3:4:5:6:7:8:9', 'it has 9 of 8 groups'],
    ['1:2:3:4::5:6:7:8', "'::' stands for nothing"],
    ['12345::', "'12345' is no group"],
    ['[::1]', "'[' is no group"],
    [':1:2:3:4:5:6:7', "'' is no group"],
    ['::1.2.3', 'its end is no IPv4 address'],
    ['1.2.3.4::', 'is no group'],
    ['::1:', 'is no group'],
  ])("refuse '%s': %s", (text, why) => {
    expect(() => ipToBytes(text)).toThrow(AddressError);
    expect(() => ipToBytes(text)).toThrow(why);
  });
});

describe('addresses of either family', () => {
  it('are told apart', () => {
    expect([isIp4('1.2.3.4'), isIp6('1.2.3.4'), isIp4('::1.2.3.4'), isIp6('::')]).toEqual([true, false, false, true]);
    expect([sameFamily('1.2.3.4', '::1'), sameFamily('::1', '::2')]).toEqual([false, true]);
  });

  it('are bytes, and back', () => {
    fc.assert(
      fc.property(fc.oneof(ip4s, ip6s), (address) => {
        expect(ipFromBytes(ipToBytes(address))).toBe(address);
      }),
    );
    expect(() => ipFromBytes(new Uint8Array(5))).toThrow('4 or 16 bytes, not 5');
  });
});

describe('MAC addresses', () => {
  it('are bytes, and back', () => {
    fc.assert(
      fc.property(macs, (mac) => {
        expect(readMac(macToBytes(mac), 0)).toBe(mac);
      }),
    );
    expect(canonicalMac('02:AB:00:00:00:0f')).toBe('02:ab:00:00:00:0f');
  });

  it.each(['02:00:00:00:00', '02:00:00:00:00:1', '02-00-00-00-00-01', '02:00:00:00:00:0g', ''])(
    "refuse '%s'",
    (text) => {
      expect(() => macToBytes(text)).toThrow(AddressError);
    },
  );
});

describe('prefixes', () => {
  it('print as they are read', () => {
    for (const text of ['0.0.0.0/0', '10.0.0.0/8', '192.0.2.1/32', '::/0', '2001:db8::/32', '::1/128']) {
      expect(formatPrefix(parsePrefix(text))).toBe(text);
    }
    expect(canonicalPrefix('2001:DB8:0::/32')).toBe('2001:db8::/32');
  });

  it.each([
    ['10.0.0.1/8', 'bits behind the prefix are set'],
    ['2001:db8::1/32', 'bits behind the prefix are set'],
    ['10.0.0.0/33', 'no number of bits from 0 to 32'],
    ['10.0.0.0/08', 'no number of bits'],
    ['10.0.0.0/', 'no number of bits'],
    ['10.0.0.0', "not exactly one '/'"],
    ['10.0.0/8', 'it has 3 of 4 parts'],
  ])("refuse '%s': %s", (text, why) => {
    expect(() => parsePrefix(text)).toThrow(why);
  });

  it('say what would have been right', () => {
    expect(() => parsePrefix('10.1.2.3/8')).toThrow(expect.objectContaining({ hint: "did you mean '10.0.0.0/8'?" }));
  });

  it('hold the addresses that share their first bits, as another implementation finds', () => {
    fc.assert(
      fc.property(fc.oneof(ip4s, ip6s), fc.oneof(ip4s, ip6s), fc.nat(128), (address, other, bits) => {
        const near = fc.sample(fc.constantFrom(address, other), 1)[0] ?? other;
        const length = Math.min(bits, isIp4(near) ? 32 : 128);
        const network =
          ipaddr.parse(near).kind() === 'ipv4'
            ? ipaddr.IPv4.networkAddressFromCIDR(`${near}/${length}`)
            : ipaddr.IPv6.networkAddressFromCIDR(`${near}/${length}`);
        const theirs = isIp4(address) === isIp4(near) && ipaddr.parse(address).match(network, length);
        expect(within(address, `${network.toString()}/${length}`)).toBe(theirs);
      }),
    );
  });

  it('take MAC addresses, too', () => {
    expect(within('01:80:c2:00:00:0e', '01:80:c2:00:00:00/44')).toBe(true);
    expect(within('01:80:c2:00:00:10', '01:80:c2:00:00:00/44')).toBe(false);
    expect(within('10.0.0.1', '01:80:c2:00:00:00/44')).toBe(false);
    expect(within('01:80:c2:00:00:10', '10.0.0.0/8')).toBe(false);
  });
});

describe('numbers with names', () => {
  it('have the name where there is one, else the number', () => {
    expect([protocolName(6), protocolName(132), protocolName(99)]).toEqual(['tcp', 'sctp', 99]);
    expect([etherTypeName(0x86dd), etherTypeName(0x1234)]).toEqual(['ipv6', 0x1234]);
    for (let number = 0; number < 256; number++) expect(protocolNumber(protocolName(number))).toBe(number);
    fc.assert(
      fc.property(fc.nat(0xffff), (number) => {
        expect(etherTypeNumber(etherTypeName(number))).toBe(number);
      }),
    );
    expect(() => protocolNumber(256)).toThrow('it is no number from 0 to 255');
  });

  it('are ranges, where they are ports', () => {
    expect(parsePortRange(443)).toEqual({ from: 443, to: 443 });
    expect(parsePortRange('8000-8999')).toEqual({ from: 8000, to: 8999 });
    expect([formatPortRange({ from: 1, to: 1 }), formatPortRange({ from: 1, to: 2 })]).toEqual([1, '1-2']);
    for (const wrong of ['', '1-', '-1', '2-1', '70000', '1-2-3', 'http', '1.5', -1]) {
      expect(() => parsePortRange(wrong)).toThrow(AddressError);
    }
  });
});
