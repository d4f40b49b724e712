// Where entries lie in a buffer of a front: a perfect hash, found by trying odd numbers.
import { randomBytes } from 'node:crypto';
import { FRONT_CONTROL, FRONT_FOLD, FRONT_SLOT_BITS, type FrontShape } from '@twinpath/compiler/abi';
import type { StoredEntry } from '../tables/instance-maps.ts';

/** One of some fifty leads no two of 64 keys to one slot. */
const MOST_TRIES = 5000;

/** Keys that a buffer has room for, each in a slot of its own. */
export interface Arrangement {
  readonly keys: readonly Uint8Array[];
  /** The odd number by which keys are multiplied. */
  readonly factor: bigint;
}

/** A key as one word: its words in the order of memory, each but the last multiplied in. */
export function fold(key: Uint8Array): bigint {
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  let sum = 0n;
  for (let at = 0; at < key.length; ) {
    const left = key.length - at;
    const [word, size] =
      left >= 8
        ? ([view.getBigUint64(at, true), 8] as const)
        : left >= 4
          ? ([BigInt(view.getUint32(at, true)), 4] as const)
          : left >= 2
            ? ([BigInt(view.getUint16(at, true)), 2] as const)
            : ([BigInt(view.getUint8(at)), 1] as const);
    sum = BigInt.asUintN(64, sum * FRONT_FOLD + word);
    at += size;
  }
  return sum;
}

const slotOf = (folded: bigint, factor: bigint): number =>
  Number(BigInt.asUintN(64, folded * factor) >> BigInt(64 - FRONT_SLOT_BITS));

/** For keys of which the first are the most wanted. Two that fold to one word cannot both be there. */
export function arrange(wanted: readonly Uint8Array[]): Arrangement {
  const byFold = new Map<bigint, Uint8Array>();
  for (const key of wanted) {
    const folded = fold(key);
    if (!byFold.has(folded)) byFold.set(folded, key);
  }
  const folds = [...byFold.keys()];
  for (let tries = 1; ; tries++) {
    const factor = randomBytes(8).readBigUInt64LE() | FRONT_CONTROL.all;
    if (isPerfect(folds, factor)) return { keys: folds.flatMap((one) => byFold.get(one) ?? []), factor };
    if (tries % MOST_TRIES === 0) folds.pop();
  }
}

function isPerfect(folds: readonly bigint[], factor: bigint): boolean {
  const taken = new Set<number>();
  for (const one of folds) {
    const slot = slotOf(one, factor);
    if (taken.has(slot)) return false;
    taken.add(slot);
  }
  return true;
}

/** Fills a buffer's slots. Entries' keys are as a slot has them. */
export function layOut(
  slots: Uint8Array,
  { keySize, valueOffset, slotShift }: FrontShape,
  factor: bigint,
  entries: readonly StoredEntry[],
): void {
  slots.fill(0);
  const write = (slot: number, key: Uint8Array, value?: Uint8Array) => {
    const at = slot << slotShift;
    slots.set(key, at);
    if (value !== undefined) slots.set(value, at + valueOffset);
  };
  // An empty slot has the key of zeros, which leads to slot 0: there stands one that leads elsewhere.
  write(0, elsewhere(keySize, factor));
  for (const [key, value] of entries) write(slotOf(fold(key), factor), key, value);
}

function elsewhere(keySize: number, factor: bigint): Uint8Array {
  const key = new Uint8Array(keySize);
  for (let byte = 255; byte > 0; byte--) {
    key[keySize - 1] = byte;
    if (slotOf(fold(key), factor) !== 0) return key;
  }
  throw new Error('an odd number leads every key to slot 0');
}
