// Packets that no one would write: those of the fixtures, with bytes changed where it hurts.

/** A number from 0 to `below` - 1. */
export type Random = (below: number) => number;

/** Marsaglia's xorshift: the same packets for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Bytes up to here are headers, mostly. */
const HEADERS = 120;
const EDGES = [0, 1, 4, 5, 6, 7, 8, 15, 16, 17, 20, 28, 40, 43, 44, 47, 51, 58, 60, 64, 127, 128, 132, 135, 254, 255];
const TYPES = [0x0800, 0x86dd, 0x8100, 0x88a8, 0x0806, 0x0600];

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

const mutations: readonly Mutation[] = [
  (bytes, random) => change(bytes, random, (old) => old ^ (1 << random(8))),
  (bytes, random) => change(bytes, random, () => EDGES[random(EDGES.length)] ?? 0),
  (bytes, random) => change(bytes, random, () => random(256)),
  (bytes, random) => change(bytes, random, (old) => old + 1),
  (bytes, random) => change(bytes, random, (old) => old - 1),
  (bytes, random) => bytes.slice(0, random(bytes.length + 1)),
  (bytes, random) => Uint8Array.of(...bytes, ...Array.from({ length: random(40) }, () => random(256))),
  // The first bytes behind Ethernet's addresses say what follows.
  (bytes, random) => {
    const type = TYPES[random(TYPES.length)] ?? 0;
    const at = 12 + 4 * random(3);
    return replaced(bytes, at, [type >> 8, type & 255]);
  },
  // The length fields of IPv4 and IPv6.
  (bytes, random) => replaced(bytes, random(2) === 0 ? 16 : 18, [0, random(256)]),
  // A part of the packet twice.
  (bytes, random) => {
    const at = 14 + random(Math.max(1, bytes.length - 14));
    const end = Math.min(bytes.length, at + 8 * (1 + random(5)));
    return Uint8Array.of(...bytes.slice(0, end), ...bytes.slice(at));
  },
];

export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  let result = bytes;
  for (let left = 1 + random(3); left > 0; left--) {
    result = mutations[random(mutations.length)]?.(result, random) ?? result;
  }
  return result;
}

function change(bytes: Uint8Array, random: Random, to: (old: number) => number): Uint8Array {
  const at = 12 + random(Math.max(1, Math.min(bytes.length, HEADERS) - 12));
  return replaced(bytes, at, [to(bytes[at] ?? 0)]);
}

function replaced(bytes: Uint8Array, at: number, by: readonly number[]): Uint8Array {
  const result = bytes.slice();
  if (at + by.length <= bytes.length) result.set(by, at);
  return result;
}
