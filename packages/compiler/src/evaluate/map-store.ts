// What the Node side may do with a map, on raw bytes: one table implementation works over the evaluator's maps and over the
// kernel's.

/** `any`: insert or replace. `new`: only insert. `existing`: only replace. */
export type UpdateMode = 'any' | 'new' | 'existing';

/**
 * Keys and values are exactly the spec's sizes, except for per-CPU maps: their values are those of all CPUs one behind the
 * other, each rounded up to 8 bytes, as the kernel gives them. What is returned is a copy.
 */
export interface MapStore {
  lookup(key: Uint8Array): Uint8Array | undefined;
  /** @throws an error whose `code` is the errno's name: EEXIST, ENOENT, E2BIG or ENOSPC (full), EINVAL. */
  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode): void;
  /** False if there was no such entry. @throws EINVAL for maps whose entries always exist. */
  delete(key: Uint8Array): boolean;
  /** In no particular order. Entries that come or go meanwhile may be seen or not. */
  entries(): Iterable<[Uint8Array, Uint8Array]>;
  /** Number of entries present; all of them for an array. */
  readonly size: number;
}

export type MapErrorCode = 'EEXIST' | 'ENOENT' | 'E2BIG' | 'ENOSPC' | 'EINVAL' | 'EAGAIN';

const numbers: Readonly<Record<MapErrorCode, bigint>> = {
  ENOENT: 2n,
  E2BIG: 7n,
  EAGAIN: 11n,
  EEXIST: 17n,
  EINVAL: 22n,
  ENOSPC: 28n,
};

/** What a helper returns for it: minus the errno, in 64 bits. */
export function helperResult(code: MapErrorCode | undefined): bigint {
  return code === undefined ? 0n : BigInt.asUintN(64, -numbers[code]);
}

/** An operation that a map of the evaluator refused, as the kernel's would. */
export class MapStoreError extends Error {
  override readonly name = 'MapStoreError';
  /** The errno's name. */
  readonly code: MapErrorCode;
  readonly hint: string;

  constructor(map: string, operation: string, code: MapErrorCode, hint: string) {
    super(`map "${map}": ${operation} failed: ${code}`);
    this.code = code;
    this.hint = hint;
  }
}
