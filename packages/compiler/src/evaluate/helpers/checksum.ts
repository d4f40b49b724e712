import type { Arguments, Helpers } from '../machine.ts';
import { helperResult } from '../map-store.ts';
import type { Operand } from '../memory.ts';

/** One's complement sum in 32 bits: 0 only if both are. */
function add(left: number, right: number): number {
  const total = left + right;
  return total > 0xffff_ffff ? total - 0xffff_ffff : total;
}

/** Words as they lie in memory. */
function sum(bytes: Uint8Array, seed: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let total = seed;
  for (let at = 0; at < bytes.length; at += 4) total = add(total, view.getUint32(at, true));
  return total;
}

/** To 16 bits, as since Linux 6.13; before, kernels gave a sum of 32 bits that folds to the same. */
function fold(total: number): number {
  const folded = (total >>> 16) + (total & 0xffff);
  return folded > 0xffff ? folded - 0xffff : folded;
}

const complement = (value: number): number => ~value >>> 0;

/** RFC 1624: the seed, less the bytes that were, plus the bytes that will be. Which of the two zeros comes out is the
 *  kernel's choice in each of its three cases. */
function difference(given: Arguments): Operand {
  const [fromSize, toSize] = [given.unsigned32(1), given.unsigned32(3)];
  if ((fromSize | toSize) % 4 !== 0) return helperResult('EINVAL');
  const seed = given.unsigned32(4);
  const from = fromSize === 0 ? undefined : given.bytes(0, fromSize);
  const to = toSize === 0 ? undefined : given.bytes(2, toSize);
  if (from === undefined) return BigInt(fold(to === undefined ? seed : sum(to, seed)));
  if (to === undefined) return BigInt(fold(complement(sum(from, complement(seed)))));
  return BigInt(fold(add(sum(to, seed), complement(sum(from, 0)))));
}

export const checksumHelpers: Helpers = {
  csum_diff: { parameters: 5, run: difference },
};
