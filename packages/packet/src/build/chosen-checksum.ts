import { checksumOf, sumOf } from '../checksum/internet-checksum.ts';
import { pseudoHeaderSum } from '../checksum/pseudo-header.ts';
import type { Addresses } from './layer.ts';

/** Not given: right. A number: as it is. `bad`: certainly wrong. `none`: zero. `partial`: the pseudo-header sum that Linux leaves
 *  in a packet whose checksum the hardware should finish (CHECKSUM_PARTIAL). */
export type ChecksumChoice = number | 'bad' | 'none' | 'partial';

/** The sum of a pseudo header; 0 where there is no IP header in front. */
export function pseudoSum(addresses: Addresses | undefined, protocol: number, length: number): number {
  return addresses ? pseudoHeaderSum({ ...addresses, protocol, length }) : 0;
}

/** The field for `covered`, in which it is zero. */
export function chosenChecksum(choice: ChecksumChoice | undefined, covered: Uint8Array, pseudo: number): number {
  if (typeof choice === 'number') return choice;
  if (choice === 'none') return 0;
  if (choice === 'partial') return pseudo;
  const right = checksumOf(pseudo + sumOf(covered));
  if (choice === undefined) return right;
  // Neither zero, which may mean that there is none, nor all ones, which equals zero.
  return right === 1 || right === 0xfffe ? 0x5555 : right ^ 1;
}
