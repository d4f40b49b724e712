import { ipToBytes, isIp4, sameFamily } from '../address/ip.ts';
import { ip4ToNumber } from '../address/ip4.ts';
import type { FiveTuple } from '../types/values.ts';

/** The flow of the answers. */
export function reverse({ src, dst, sport, dport, protocol }: FiveTuple): FiveTuple {
  return { src: dst, dst: src, sport: dport, dport: sport, protocol };
}

/** One key for both directions: the numerically lower end (address, then port) comes first. */
export function canonical(flow: FiveTuple): FiveTuple {
  return isCanonical(flow) ? flow : reverse(flow);
}

/** The flow is its own canonical form: it travels from the lower end to the higher, or both ends are the same.
 *  @throws RangeError ends of different families. */
export function isCanonical({ src, dst, sport, dport }: FiveTuple): boolean {
  if (!sameFamily(src, dst)) throw new RangeError(`no flow goes from '${src}' to '${dst}': they differ in family`);
  const order =
    isIp4(src) && isIp4(dst) ? ip4ToNumber(src) - ip4ToNumber(dst) : compareBytes(ipToBytes(src), ipToBytes(dst));
  return order === 0 ? sport <= dport : order < 0;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (const [index, byte] of a.entries()) {
    const difference = byte - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
