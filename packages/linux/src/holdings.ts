// What a thread holds that does not end with it: descriptors and mappings belong to the process. A worker that is ended from
// outside closes nothing; who ended it finds here what is left.

import { closeSync } from 'node:fs';
import { munmap } from './ffi.ts';

/** Descriptors by number, one bit each. */
const MOST_FDS = 1 << 20;
/** Mappings: address and length, each 8 bytes; 0 where the place is free. */
const MOST_MAPPINGS = 4096;
const MAPPINGS_AT = MOST_FDS / 8;

/** Shared by a thread and the one that started it. */
export type Holdings = SharedArrayBuffer;

export function createHoldings(): Holdings {
  return new SharedArrayBuffer(MAPPINGS_AT + MOST_MAPPINGS * 16);
}

let fds: Int32Array | undefined;
let mappings: BigInt64Array | undefined;

/** This thread writes down here what it holds. */
export function recordHoldings(holdings: Holdings): void {
  fds = new Int32Array(holdings, 0, MOST_FDS / 32);
  mappings = new BigInt64Array(holdings, MAPPINGS_AT);
}

export function holdFd(number: number): void {
  if (fds !== undefined && number < MOST_FDS) Atomics.or(fds, number >>> 5, 1 << (number & 31));
}

export function forgetFd(number: number): void {
  if (fds !== undefined && number < MOST_FDS) Atomics.and(fds, number >>> 5, ~(1 << (number & 31)));
}

export function holdMapping(address: number, length: number): void {
  const free = mappings === undefined ? -1 : placeOf(mappings, 0n);
  if (mappings === undefined || free < 0) return;
  mappings[free + 1] = BigInt(length);
  mappings[free] = BigInt(address);
}

export function forgetMapping(address: number): void {
  const place = mappings === undefined ? -1 : placeOf(mappings, BigInt(address));
  if (mappings !== undefined && place >= 0) mappings[place] = 0n;
}

function placeOf(words: BigInt64Array, address: bigint): number {
  for (let at = 0; at < words.length; at += 2) if (words[at] === address) return at;
  return -1;
}

/** Closes and unmaps what the thread left. Only when it has ended. */
export function releaseHoldings(holdings: Holdings): void {
  const words = new Int32Array(holdings, 0, MOST_FDS / 32);
  for (const [index, word] of words.entries()) {
    for (let bit = 0; word !== 0 && bit < 32; bit++) if ((word & (1 << bit)) !== 0) closeSync(index * 32 + bit);
  }
  words.fill(0);
  const ranges = new BigInt64Array(holdings, MAPPINGS_AT);
  for (let at = 0; at < ranges.length; at += 2) {
    const address = Number(ranges[at]);
    if (address !== 0) munmap(address, Number(ranges[at + 1]));
  }
  ranges.fill(0n);
}
