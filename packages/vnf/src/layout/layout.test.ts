import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bool, ip, ip6, mac, oneOf, prefix, protocol, text, traffic } from '../types/fields.ts';
import { fiveTuple } from '../types/five-tuple.ts';
import { be16, be32, u8, u16, u32, u64 } from '../types/integers.ts';
import { anySample, type Sample } from './arbitrary-shape.ts';
import { holdsIp, type Layout, layoutOf } from './layout.ts';

const places = (layout: Layout) => layout.fields.map(({ path, offset, size }) => `${path.join('.')} ${offset}+${size}`);

describe('layoutOf', () => {
  it('places fields as a C struct does, and names every hole', () => {
    const layout = layoutOf({ a: u8, b: u32, c: u16, d: u64, e: bool });
    expect(places(layout)).toEqual(['a 0+1', 'b 4+4', 'c 8+2', 'd 16+8', 'e 24+1']);
    expect(layout.size).toBe(32);
    expect(layout.align).toBe(8);
    expect(layout.holes).toEqual([
      { offset: 1, size: 3 },
      { offset: 10, size: 6 },
      { offset: 25, size: 7 },
    ]);
  });

  it('keeps the rounding of nested structs', () => {
    const layout = layoutOf({ inner: { a: u32, b: u8 }, after: u8 });
    expect(places(layout)).toEqual(['inner.a 0+4', 'inner.b 4+1', 'after 8+1']);
    expect(layout.size).toBe(12);
  });

  it('gives a five-tuple 16 bytes in an IPv4 key, 40 in an IPv6 key and 40 elsewhere', () => {
    expect(layoutOf(fiveTuple, { family: 4 })).toMatchObject({ size: 16, family: 4, holes: [{ offset: 13, size: 3 }] });
    expect(layoutOf(fiveTuple, { family: 6 }).size).toBe(40);
    expect(layoutOf(fiveTuple).size).toBe(40);
    expect(places(layoutOf(fiveTuple, { family: 4 }))).toEqual([
      'src 0+4',
      'dst 4+4',
      'sport 8+2',
      'dport 10+2',
      'protocol 12+1',
    ]);
  });

  it('lays out a single type as a value without a name', () => {
    expect(layoutOf(be32)).toMatchObject({ size: 4, fields: [{ path: [], offset: 0, size: 4 }], holes: [] });
  });

  it('aligns addresses as the kernel does: IPv6 to 4, MAC to 2, text to 1', () => {
    expect(places(layoutOf({ a: u8, mac }))).toEqual(['a 0+1', 'mac 2+6']);
    expect(places(layoutOf({ a: u8, ip6 }))).toEqual(['a 0+1', 'ip6 4+16']);
    expect(places(layoutOf({ a: u8, t: text(3), b: u8 }))).toEqual(['a 0+1', 't 1+3', 'b 4+1']);
  });

  it('begins an LPM key with its length, then the exact fields, then the address', () => {
    const layout = layoutOf({ vlan: be16, dst: prefix }, { family: 4 });
    expect(places(layout)).toEqual(['vlan 4+2', 'dst 8+4']);
    expect(layout).toMatchObject({ size: 12, lpm: { exactBits: 32 }, holes: [{ offset: 6, size: 2 }] });
    expect(layoutOf(prefix, { family: 6 })).toMatchObject({
      size: 20,
      lpm: { exactBits: 0 },
      fields: [{ offset: 4, size: 16 }],
    });
  });

  it('refuses what has no place', () => {
    expect(() => layoutOf({ dst: prefix, vlan: u16 }, { family: 4 })).toThrow('as its last field');
    expect(() => layoutOf(prefix)).toThrow('without a family');
  });

  it('says which keys are kept by family', () => {
    expect(holdsIp({ a: u8, deep: { b: ip } })).toBe(true);
    expect(holdsIp(prefix)).toBe(true);
    expect(holdsIp({ a: ip6, p: protocol, s: oneOf('x') })).toBe(false);
  });

  it('covers every byte exactly once, by a field or a hole', () => {
    for (const family of [4, 6, undefined] as const) {
      const coversOnce = ({ shape }: Sample) => {
        const layout = layoutOf(shape, family === undefined ? {} : { family });
        const covered = new Array<number>(layout.size).fill(0);
        for (const { offset, size } of [...layout.fields, ...layout.holes]) {
          for (let at = offset; at < offset + size; at++) covered[at] = (covered[at] ?? 0) + 1;
        }
        expect(covered.filter((times) => times !== 1)).toEqual([]);
        expect(covered).toHaveLength(layout.size);
        expect(layout.fields.filter(({ offset, type }) => offset % type.align !== 0)).toEqual([]);
      };
      fc.assert(fc.property(anySample(family), coversOnce));
    }
  });

  it('is frozen', () => {
    const layout = layoutOf({ traffic });
    expect(Object.isFrozen(layout) && Object.isFrozen(layout.fields) && Object.isFrozen(layout.fields[0])).toBe(true);
  });
});
