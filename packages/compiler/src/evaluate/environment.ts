import type { Program } from '../ir/types.ts';

/** What the world gives to a run; all of it can be set. */
export interface Environment {
  /** Nanoseconds: every clock's answer. */
  now: bigint;
  /** The CPU that runs the program, from 0. */
  cpu: number;
  /** The next random number, 0..2^32-1. */
  random: () => number;
  /** Programs behind the numbers in program arrays, for tail calls. */
  program: (id: number) => Program | undefined;
  /** Bytes of the kernel's own structures, by their offset from the program's context. */
  kernelByte: (offset: number) => number;
  /** The kernel's routes: `struct bpf_fib_lookup`, 64 bytes, to be filled in, and what the helper returns. */
  fib: (parameters: Uint8Array) => number;
}

/** BPF_FIB_LKUP_RET_NOT_FWDED: there are no routes. */
const NOT_FORWARDED = 4;

/** Time stands at 0; the random numbers are the same in each new environment. */
export function createEnvironment(settings: Partial<Environment> = {}): Environment {
  const fib = () => NOT_FORWARDED;
  const kernelByte = () => 0;
  return { now: 0n, cpu: 0, random: xorshift32(0x2545_f491), program: () => undefined, fib, kernelByte, ...settings };
}

/** Marsaglia's xorshift: period 2^32 - 1, never 0. */
export function xorshift32(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
