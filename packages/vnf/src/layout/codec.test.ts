import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bool, guard, ip, ip4, mac, oneOf, portName, prefix, protocol, text, traffic } from '../types/fields.ts';
import { fiveTuple } from '../types/five-tuple.ts';
import { be16, be32, count64, instant, u8, u16, u32, u64 } from '../types/integers.ts';
import type { KeyShape } from '../types/type.ts';
import type { Family } from '../types/type-spec.ts';
import { anySample, PORTS, type Sample } from './arbitrary-shape.ts';
import { codec } from './codec.ts';
import { familyOf } from './family.ts';
import { layoutOf } from './layout.ts';
import { decodeCopies, mergeCopies } from './per-cpu.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const of = (shape: KeyShape, family?: Family) =>
  codec(layoutOf(shape, family === undefined ? {} : { family }), { ports: PORTS });

describe('codec', () => {
  it('writes host order little endian, network order big endian', () => {
    const numbers = of({ a: u16, b: be16, c: u32, d: be32, e: u64, f: count64 });
    const bytes = numbers.encode({
      a: 0x0102,
      b: 0x0102,
      c: 0x8203_0405,
      d: 0x8203_0405,
      e: 0x8102_0304_0506_0708n,
      f: 2 ** 40 + 1,
    });
    expect(hex(bytes)).toBe(
      '02010102' + '05040382' + '82030405' + '00000000' + '0807060504030281' + '0100000000010000',
    );
    expect(numbers.decode(bytes)).toEqual({
      a: 0x0102,
      b: 0x0102,
      c: 0x8203_0405,
      d: 0x8203_0405,
      e: 0x8102_0304_0506_0708n,
      f: 2 ** 40 + 1,
    });
  });

  it('keeps a flow of the firewall as the fast path builds it from the packet', () => {
    const flow = { src: '10.0.0.1', dst: '192.0.2.7', sport: 40000, dport: 443, protocol: 'tcp' };
    expect(hex(of(fiveTuple, 4).encode(flow))).toBe('0a000001c00002079c4001bb06000000');
  });

  it('tags IPv4 in a value, so that it differs from the IPv6 address that maps it', () => {
    const address = of({ a: ip });
    expect(hex(address.encode({ a: '192.0.2.1' }))).toBe('ff0000000000000000000000c0000201');
    expect(hex(address.encode({ a: '::ffff:192.0.2.1' }))).toBe('00000000000000000000ffffc0000201');
    expect(address.decode(new Uint8Array(16))).toEqual({ a: '::' });
    expect(() => address.encode({ a: 'ff00::1' })).toThrow('field a takes an IP address');
  });

  it('writes a prefix as the kernel wants it: the number of bits, exact fields included, and then the address', () => {
    const keys = of({ vlan: be16, dst: prefix }, 4);
    const bytes = keys.encode({ vlan: 7, dst: '10.0.0.0/8' });
    expect(hex(bytes)).toBe('28000000' + '00070000' + '0a000000');
    expect(keys.decode(bytes)).toEqual({ vlan: 7, dst: '10.0.0.0/8' });
    expect(hex(of(prefix, 6).encode('2001:db8::/32'))).toBe('20000000' + '20010db8000000000000000000000000');
  });

  it('writes names as indices and reads them back', () => {
    const names = of({ state: oneOf('opening', 'open'), port: portName, protocol, text: text(4), mac, ok: bool });
    const value = { state: 'open', port: 'right', protocol: 'udp', text: 'CH', mac: '02:00:00:00:00:01', ok: true };
    expect(names.decode(names.encode(value))).toEqual(value);
    expect(names.decode(names.encode({ ...value, protocol: 200 }))).toEqual({ ...value, protocol: 200 });
  });

  it.each([
    [{ n: u8 }, { n: 256 }, 'field n takes a whole number from 0 to 255, not 256'],
    [{ n: u8 }, { n: 1.5 }, 'not 1.5'],
    [{ n: u32 }, { n: -1 }, 'from 0 to 4294967295, not -1'],
    [{ n: u16 }, {}, 'not undefined (it is missing)'],
    [{ n: u64 }, { n: 5 }, 'a bigint from 0n'],
    [{ n: count64 }, { n: 2 ** 53 }, 'from 0 to 9007199254740991'],
    [{ s: oneOf('a', 'b') }, { s: 'c' }, "one of a, b, not 'c'"],
    [{ t: text(2) }, { t: 'abc' }, 'at most 2 characters of ASCII'],
    [{ t: text(2) }, { t: 'é' }, 'at most 2 characters of ASCII'],
    [{ a: ip4 }, { a: '::1' }, 'an IPv4 address'],
    [{ a: mac }, { a: '02:00' }, 'a MAC address'],
    [{ p: portName }, { p: 'middle' }, 'the name of a port (left, right, up)'],
    [{ p: protocol }, { p: 'tpc' }, "a protocol by name, or a number from 0 to 255, not 'tpc'"],
    [{ b: bool }, { b: 1 }, 'true or false, not 1'],
    [{ to: { n: u8 } }, { to: 5 }, 'field to takes a record of n'],
    [{ to: { n: u8 } }, { to: { n: 300 } }, 'field to.n takes'],
    [{ traffic }, { traffic: { packets: 1, bytes: -1 } }, 'field traffic.bytes takes'],
  ])('refuses %o with %o, saying what the field takes', (shape, value, message) => {
    expect(() => of(shape).encode(value)).toThrow(message);
  });

  it('refuses a key whose addresses differ in family', () => {
    const mixed = { src: '10.0.0.1', dst: '::1', sport: 1, dport: 2, protocol: 'tcp' };
    expect(() => of(fiveTuple, 4).encode(mixed)).toThrow(
      'field dst takes an IPv4 address, as the other addresses of the key',
    );
  });

  it('refuses a prefix with bits behind it', () => {
    expect(() => of(prefix, 4).encode('10.0.0.1/8')).toThrow('the value takes a prefix');
  });

  it('starts traffic and guard at zero, and passes over fields that the shape does not have', () => {
    const entry = of({ guard, n: u32, traffic });
    const bytes = entry.encode({ n: 1, more: 'of it' });
    expect(entry.decode(bytes)).toEqual({ n: 1, traffic: { packets: 0, bytes: 0 } });
  });

  it('writes into given bytes and clears what stood in the holes', () => {
    const into = new Uint8Array(12).fill(0xaa);
    expect(of({ a: u8, b: u32 }).encode({ a: 1, b: 2 }, into)).toBe(into);
    expect(hex(into)).toBe('0100000002000000aaaaaaaa');
    expect(() => of(u32).encode(1, new Uint8Array(3))).toThrow('3 bytes are too few');
  });

  it('refuses bytes that are no value', () => {
    expect(() => of({ s: oneOf('a') }).decode(Uint8Array.of(7))).toThrow('field s: 7 is none of 1 names');
    expect(() => of(u32).decode(new Uint8Array(3))).toThrow('too few');
  });

  it('shows a port that is no longer there by its index', () => {
    expect(of(portName).decode(Uint8Array.of(9, 0, 0, 0))).toBe('port 9');
  });

  it.each([4, 6, undefined] as const)('reads what it wrote, with all holes zero (keys of family %s)', (family) => {
    const roundTrip = ({ shape, value }: Sample) => {
      const made = of(shape, family);
      const bytes = made.encode(value, new Uint8Array(made.layout.size).fill(0xff));
      expect(made.decode(bytes)).toEqual(value);
      const inHoles = made.layout.holes.flatMap(({ offset, size }) => [...bytes.subarray(offset, offset + size)]);
      expect(inHoles.filter((byte) => byte !== 0)).toEqual([]);
    };
    fc.assert(fc.property(anySample(family), roundTrip), { numRuns: 300 });
  });
});

describe('familyOf', () => {
  it('is the family of the first address, however deep', () => {
    expect(familyOf({ n: u8, deep: { to: ip } }, { n: 1, deep: { to: '::1' } })).toBe(6);
    expect(familyOf(prefix, '10.0.0.0/8')).toBe(4);
    expect(familyOf({ n: u8 }, { n: 1 })).toBeUndefined();
  });
});

describe('per-CPU values', () => {
  const entry = of({ n: u8, traffic, seen: count64, at: instant });
  const copies = [
    { n: 1, traffic: { packets: 1, bytes: 100 }, seen: 5, at: 70 },
    { n: 2, traffic: { packets: 2, bytes: 50 }, seen: 6, at: 90 },
  ];

  it('lie behind each other and are added up where adding means something', () => {
    const bytes = Buffer.concat(copies.map((copy) => entry.encode(copy)));
    expect(decodeCopies(entry, bytes)).toEqual(copies);
    expect(mergeCopies(entry, decodeCopies(entry, bytes))).toEqual({
      n: 1,
      traffic: { packets: 3, bytes: 150 },
      seen: 11,
      at: 90,
    });
  });

  it('lie at multiples of 8 bytes', () => {
    const small = of(u32);
    expect(decodeCopies(small, Uint8Array.of(1, 0, 0, 0, 9, 9, 9, 9, 2, 0, 0, 0, 9, 9, 9, 9))).toEqual([1, 2]);
  });

  it('add up alone too, as those of a tally', () => {
    const total = of(traffic);
    expect(
      mergeCopies(total, [
        { packets: 1, bytes: 60 },
        { packets: 2, bytes: 70 },
      ]),
    ).toEqual({ packets: 3, bytes: 130 });
  });
});
