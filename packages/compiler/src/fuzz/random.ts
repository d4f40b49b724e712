// Random choices that a seed repeats.

const MASK = (1n << 64n) - 1n;

/** Values at which arithmetic breaks. */
const edges: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  8n,
  31n,
  32n,
  63n,
  64n,
  0x7fn,
  0x80n,
  0xffn,
  0x100n,
  0x7fffn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  -0x8000_0000_0000_0000n,
  -0x8000_0000n,
  -2n,
  -1n,
];

/** SplitMix64 (Steele, Lea, Flood 2014). */
export class Random {
  #state: bigint;

  constructor(seed: number | bigint) {
    this.#state = BigInt(seed) & MASK;
  }

  /** 64 bits without sign. */
  bits(): bigint {
    this.#state = (this.#state + 0x9e37_79b9_7f4a_7c15n) & MASK;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK;
    return z ^ (z >> 31n);
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Number((this.bits() >> 11n) % BigInt(high - low + 1));
  }

  chance(probability: number): boolean {
    return Number(this.bits() >> 11n) / 2 ** 53 < probability;
  }

  pick<T>(items: readonly T[]): T {
    const at = this.integer(0, items.length - 1);
    for (const item of items.slice(at, at + 1)) return item;
    throw new RangeError('nothing to pick from');
  }

  /** A signed 64-bit constant: an edge, a small number, or anything. */
  constant(): bigint {
    const kind = this.integer(0, 9);
    if (kind < 5) return this.pick(edges);
    if (kind < 8) return BigInt(this.integer(-40, 300));
    return kind === 8 ? BigInt.asIntN(32, this.bits()) : BigInt.asIntN(64, this.bits());
  }
}
