import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cidrBytes, ipBytes, ipText, macBytes, macText } from './address-text.ts';

describe('address text', () => {
  test('IPv4 bytes survive the way to text and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (b) => {
        expect(ipBytes(ipText(b)).bytes).toEqual(b);
      }),
    );
  });

  test('IPv6 bytes survive the way to text and back, also with runs of zeros', () => {
    const byte = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 }));
    const bytes = fc.array(byte, { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(bytes, (b) => {
        expect(ipBytes(ipText(b)).bytes).toEqual(b);
      }),
    );
  });

  test('MAC bytes survive the way to text and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (b) => {
        expect(macBytes(macText(b))).toEqual(b);
      }),
    );
  });

  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['fd00::1', 'fd00::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:2:3:4:5:6:0:8', '1:2:3:4:5:6:0:8'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['2001:DB8:0:0::0', '2001:db8::'],
  ])('%s is written %s', (text, written) => {
    expect(ipText(ipBytes(text).bytes)).toBe(written);
  });

  test('a prefix without a length is a single host', () => {
    expect(cidrBytes('10.0.0.1').prefixLength).toBe(32);
    expect(cidrBytes('fd00::1').prefixLength).toBe(128);
    expect(cidrBytes('10.0.0.1/0').prefixLength).toBe(0);
  });

  test.each(['10.0.0', '10.0.0.256', 'fe80::1%eth0', '10.0.0.1/33', '10.0.0.1/', '10.0.0.1/x', 'host'])(
    '%s is refused',
    (text) => {
      expect(() => cidrBytes(text)).toThrow(RangeError);
    },
  );
});
