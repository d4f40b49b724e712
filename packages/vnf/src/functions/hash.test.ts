import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { text } from '../types/fields.ts';
import { u32 } from '../types/integers.ts';
import { hash, hashOf, useHashSeed } from './hash.ts';
import { hashKeys, multilinear } from './hash-keys.ts';

const flow = { src: '10.0.0.1', dst: '192.0.2.7', sport: 40000, dport: 443, protocol: 'tcp' } as const;

describe('hash', () => {
  it('is the sum of keys times the words of the flow as a key, the high half', () => {
    // 0a000001 c0000207 9c40 01bb 06000000, each word little endian
    const words = [0x0100_000a, 0x0702_00c0, 0xbb01_409c, 6];
    const [first = 0n, ...keys] = hashKeys(7, 5);
    const sum = words.reduce((total, word, index) => total + BigInt(word) * (keys[index] ?? 0n), first);
    expect(hash(flow, 7)).toBe(Number((sum >> 32n) & 0xffff_ffffn));
  });

  it('has the keys of SplitMix64', () => {
    // Reference values of the generator's published C code from seed 0.
    expect(hashKeys(0, 3)).toEqual([0xe220_a839_7b1d_cdafn, 0x6e78_9e6a_a1b9_65f4n, 0x06c4_5d18_8009_454fn]);
  });

  it('never changes: both paths, and hosts of different versions, agree on it', () => {
    expect([
      hash(flow, 1),
      hash({ ...flow, src: '2001:db8::1', dst: '::1' }, 1),
      hashOf(text(8), 'server', 2),
    ]).toMatchInlineSnapshot(`
      [
        2813050674,
        3485839195,
        2642311258,
      ]
    `);
  });

  it('takes the seed of the instance where none is given', () => {
    useHashSeed(99);
    expect(hash(flow)).toBe(hash(flow, 99));
    expect(hash(flow)).not.toBe(hash(flow, 98));
  });

  it('spreads what differs in one field over all values', () => {
    const counts = new Array<number>(16).fill(0);
    for (let n = 0; n < 16_000; n++) {
      const bucket = hashOf(u32, n, 5) >>> 28;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1200);
  });

  it('is a number of 32 bits for any shape', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 0xffff_ffff })), fc.nat({ max: 0xffff_ffff }), (words, seed) => {
        const value = multilinear(words, hashKeys(seed, words.length + 1));
        return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
      }),
    );
  });

  it('refuses a flow between families', () => {
    expect(() => hash({ ...flow, dst: '::1' }, 1)).toThrow('field dst takes an IPv4 address');
  });
});
