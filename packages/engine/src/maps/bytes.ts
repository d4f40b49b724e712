// Runs of bytes of a length that is known when the code is made: in words, as wide as they come.

import type { Code } from '../wasm/code.ts';
import { type Expr, get, i32, i64, type Local, memory } from '../wasm/expressions.ts';

/** Longer runs are copied by WebAssembly's own instruction. */
const LONGEST_UNROLLED = 128;

/** A run of bytes that one instruction loads or stores. */
export interface Piece {
  readonly offset: number;
  readonly bytes: 1 | 2 | 4 | 8;
}

export function pieces(length: number, start = 0): readonly Piece[] {
  const found: Piece[] = [];
  let offset = start;
  for (const bytes of [8, 4, 2, 1] as const) {
    for (; start + length - offset >= bytes; offset += bytes) found.push({ offset, bytes });
  }
  return found;
}

/** i64: the bytes in the machine's order. */
export function loadPiece(address: Expr, { offset, bytes }: Piece): Expr {
  const loads = { 1: i64.load8_u, 2: i64.load16_u, 4: i64.load32_u, 8: i64.load } as const;
  return loads[bytes](address, offset);
}

/** i32: whether the bytes from `at` plus `offset` on are those of a run, given in its pieces (i64). */
export function equal(run: readonly Local[], length: number, at: Expr, offset: number): Expr {
  const differences = pieces(length).map((piece, index) =>
    i64.xor(get(run[index] ?? 0), loadPiece(at, { ...piece, offset: piece.offset + offset })),
  );
  return i64.eqz(differences.reduce(i64.or, i64.const(0)));
}

export function copy(code: Code, length: number, to: Local, from: Local, toOffset = 0, start = 0): void {
  if (length > LONGEST_UNROLLED) {
    const at = (local: Local, offset: number) => i32.add(get(local), i32.const(offset));
    code.add(memory.copy(at(to, toOffset + start), at(from, start), i32.const(length)));
    return;
  }
  const stores = { 1: i64.store8, 2: i64.store16, 4: i64.store32, 8: i64.store } as const;
  for (const piece of pieces(length, start)) {
    code.add(stores[piece.bytes](get(to), loadPiece(get(from), piece), toOffset + piece.offset));
  }
}

export function zero(code: Code, length: number, at: Expr): void {
  if (length > 0) code.add(memory.fill(at, i32.const(0), i32.const(length)));
}
