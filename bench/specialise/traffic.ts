// Seeded traffic over a number of senders: all alike, or by Zipf's law.
import { packetFromText } from '@twinpath/packet';
import { FRAME } from '../trace.ts';

export type Law = 'Zipf' | 'uniform';

const EXPONENT = 1.1;

/** The place of each packet's sender in a list of so many. */
export function senders(law: Law, count: number, packets: number, next: () => number): readonly number[] {
  const unit = () => next() / 2 ** 32;
  if (law === 'uniform') return Array.from({ length: packets }, () => Math.floor(unit() * count));
  let total = 0;
  const sums = Float64Array.from({ length: count }, (_, index) => {
    total += (index + 1) ** -EXPONENT;
    return total;
  });
  return Array.from({ length: packets }, () => firstAbove(sums, unit() * total));
}

function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function frameFrom(sender: string): Uint8Array {
  const bytes = new Uint8Array(FRAME);
  bytes.set(packetFromText(`ip ${sender} > 10.0.0.1 / udp 4000 > 53`));
  return bytes;
}
