// Multilinear hashing (Carter and Wegman 1979; Lemire and Kaser, "Strongly universal string hashing is fast", 2014):
//
//   hash = ((k[0] + k[1]·w[0] + … + k[n]·w[n − 1]) mod 2⁶⁴) >> 32
//
// w are the words of 4 bytes, little endian, of the shape's layout as a key (the last one filled up with zeros), k random keys of
// 64 bits. One multiplication and one addition for a word: eBPF has both. Who does not know the keys cannot do better at making
// two values collide than one in 2³².

const MASK = (1n << 64n) - 1n;

/** The first `count` keys of a seed: SplitMix64 (Steele, Lea and Flood 2014) from there. */
export function hashKeys(seed: number, count: number): readonly bigint[] {
  let state = BigInt(seed);
  return Array.from({ length: count }, () => {
    state = (state + 0x9e37_79b9_7f4a_7c15n) & MASK;
    let key = state;
    key = ((key ^ (key >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK;
    key = ((key ^ (key >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK;
    return key ^ (key >> 31n);
  });
}

/** Of words that are each 0 to 2³² − 1. */
export function multilinear(words: readonly number[], keys: readonly bigint[]): number {
  let sum = keys[0] ?? 0n;
  for (const [index, word] of words.entries()) sum += (keys[index + 1] ?? 0n) * BigInt(word);
  return Number((sum & MASK) >> 32n);
}
