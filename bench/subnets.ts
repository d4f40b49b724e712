// Seeded subnets and packets: the same in every run.
import { ipFromBytes, packetFromText, within } from '@twinpath/packet';

/** Numbers from 0 to below 2³² (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** IPv4 prefixes of 8 to 32 bits, most of them 16 to 28, no two alike. */
export function subnets(count: number, next: () => number): readonly string[] {
  const found = new Set<string>();
  while (found.size < count) {
    const length = next() % 10 === 0 ? 8 + (next() % 25) : 16 + (next() % 13);
    const address = (next() & (0xffff_ffff << (32 - length))) >>> 0;
    found.add(`${dotted(address)}/${length}`);
  }
  return [...found];
}

export interface Packets {
  readonly frames: readonly Uint8Array[];
  /** Whether the sender is in one of the subnets: what every contender must find. */
  readonly blocked: readonly boolean[];
}

/** Half of the senders lie in a subnet, the others anywhere. */
export function packets(count: number, from: readonly string[], size: number, next: () => number): Packets {
  const senders = Array.from({ length: count }, (_, index) => {
    const subnet = from[next() % from.length] ?? '0.0.0.0/0';
    return index % 2 === 0 ? inside(subnet, next()) : dotted(next());
  });
  const covered = coverage(from);
  return {
    frames: senders.map((sender) =>
      padded(packetFromText(`ip ${sender} > 10.0.0.1 / udp ${1024 + (next() % 60_000)} > 53`), size),
    ),
    blocked: senders.map(covered),
  };
}

function inside(subnet: string, bits: number): string {
  const [address = '0.0.0.0', length = '0'] = subnet.split('/');
  const host = Number(length) === 32 ? 0 : bits >>> Number(length);
  return dotted((numeric(address) | host) >>> 0);
}

/** Found by length, one set for each: independent of tries and trees. */
function coverage(from: readonly string[]): (sender: string) => boolean {
  const byLength = new Map<number, Set<number>>();
  for (const subnet of from) {
    const [address = '', length = ''] = subnet.split('/');
    const networks = byLength.get(Number(length)) ?? new Set();
    byLength.set(Number(length), networks.add(numeric(address)));
    if (!within(address, subnet)) throw new Error(`${subnet} does not hold its own address`);
  }
  return (sender) =>
    [...byLength].some(([length, networks]) => networks.has((numeric(sender) & (0xffff_ffff << (32 - length))) >>> 0));
}

const dotted = (address: number) =>
  ipFromBytes(new Uint8Array([address >>> 24, address >>> 16, address >>> 8, address]));
const numeric = (address: string) => address.split('.').reduce((value, part) => value * 256 + Number(part), 0);

function padded(frame: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(frame);
  return bytes;
}
