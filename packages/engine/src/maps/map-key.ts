import { type Expr, i64 } from '../wasm/expressions.ts';
import { loadPiece, type Piece } from './bytes.ts';

/** The key of an operation, as code finds its bytes. */
export interface MapKey {
  /** i32 */
  readonly address: Expr;
  /** i64: bytes of it, in the machine's order. */
  load(piece: Piece): Expr;
}

/** A key of which nothing is known but where it lies. */
export const keyAt = (address: Expr): MapKey => ({ address, load: (piece) => loadPiece(address, piece) });

/** What is known of the bytes of a key. */
export interface Pieces {
  /** Whether something was stored that begins or ends there. */
  isEnd(offset: number): boolean;
  /** i64: what was stored in that piece last; `undefined`: look. */
  stored(piece: Piece): Expr | undefined;
}

/**
 * A key that was just written in pieces. Each load stays inside of one: a load of several stores at once waits until they have left
 * the processor's store buffer, some 13 cycles.
 */
export function keyInPieces(address: Expr, { isEnd, stored }: Pieces): MapKey {
  const load = (piece: Piece): Expr => {
    const { offset, bytes } = piece;
    const isWhole = !Array.from({ length: bytes - 1 }, (_, index) => offset + index + 1).some(isEnd);
    if (bytes === 1 || isWhole) return stored(piece) ?? loadPiece(address, piece);
    const half = bytes === 8 ? 4 : bytes === 4 ? 2 : 1;
    const high = load({ offset: offset + half, bytes: half });
    return i64.or(load({ offset, bytes: half }), i64.shl(high, i64.const(8 * half)));
  };
  return { address, load };
}
