// Networks as ranges of addresses, which other packet filters have and prefixes alone do not say.
import { ipFromBytes, ipToBytes } from '@twinpath/packet';

/** Both ends belong to it. */
interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

const BITS = { 4: 32, 6: 128 } as const;

export const familyOf = (network: string): 4 | 6 => (network.includes(':') ? 6 : 4);

/** The fewest prefixes that hold the addresses from the first of `first` to the last of `last`, networks of one family. */
export function prefixesOf(first: string, last: string): readonly string[] {
  return [...prefixesIn({ first: rangeOf(first).first, last: rangeOf(last).last }, familyOf(first))];
}

/** The addresses of a family that are in none of these networks. */
export function networksBeside(networks: readonly string[], family: 4 | 6): readonly string[] {
  const taken = networks.map(rangeOf).toSorted((a, b) => (a.first < b.first ? -1 : 1));
  const free: string[] = [];
  let next = 0n;
  for (const { first, last } of taken) {
    if (first > next) free.push(...prefixesIn({ first: next, last: first - 1n }, family));
    if (last >= next) next = last + 1n;
  }
  const end = 2n ** BigInt(BITS[family]) - 1n;
  if (next <= end) free.push(...prefixesIn({ first: next, last: end }, family));
  return free;
}

/** Two networks are apart, or one lies in the other: that one. */
export function innerOf(one: string, other: string): string | undefined {
  if (familyOf(one) !== familyOf(other)) return undefined;
  const [a, b] = [rangeOf(one), rangeOf(other)];
  if (a.first >= b.first && a.last <= b.last) return one;
  return b.first >= a.first && b.last <= a.last ? other : undefined;
}

function* prefixesIn({ first, last }: AddressRange, family: 4 | 6): Generator<string> {
  const bits = BITS[family];
  for (let next = first; next <= last; ) {
    let free = 0;
    while (free < bits && (next >> BigInt(free)) % 2n === 0n && next + 2n ** BigInt(free + 1) - 1n <= last) free++;
    yield `${addressOf(next, bits)}/${bits - free}`;
    next += 2n ** BigInt(free);
  }
}

function rangeOf(network: string): AddressRange {
  const [address = '', length = ''] = network.split('/');
  const size = 2n ** BigInt(BITS[familyOf(network)] - Number(length));
  const number = BigInt(`0x${Buffer.from(ipToBytes(address)).toString('hex')}`);
  const first = number - (number % size);
  return { first, last: first + size - 1n };
}

const addressOf = (number: bigint, bits: number): string =>
  ipFromBytes(Buffer.from(number.toString(16).padStart(bits / 4, '0'), 'hex'));
