// Bytes on their way into memory: registers and constants with their places, joined into whole words before they are stored. A
// key stored field by field stalls the lookup that reads it back in words (docs/performance.md).
import type { ValueId, Width } from '../../../ir/types.ts';
import { type Code, n } from '../code.ts';

export interface Piece {
  /** Bytes from the start of what is stored. */
  readonly offset: number;
  readonly bits: 8 | 16 | 32 | 64;
  /** A register, its upper bits zero, or a constant; both in the order of memory (little endian). */
  readonly value: ValueId | bigint;
}

/** Stores `size` bytes at `address + offset`: the pieces, and zero everywhere else. Pieces do not overlap. */
export function storePieces(
  code: Code,
  address: ValueId,
  offset: number,
  size: number,
  pieces: readonly Piece[],
): void {
  for (let at = 0; at < size; ) {
    const width = widest(size - at);
    code.store(address, offset + at, width, word(code, pieces, at, width));
    at += width / 8;
  }
}

export function widest(bytes: number): Width {
  if (bytes >= 8) return 64;
  if (bytes >= 4) return 32;
  return bytes >= 2 ? 16 : 8;
}

/** `width` bits at byte `at`, upper bits undefined: what a store of this width takes. */
export function word(code: Code, pieces: readonly Piece[], at: number, width: Width): ValueId {
  let constant = 0n;
  const registers: ValueId[] = [];
  for (const { offset, bits, value } of pieces) {
    const shift = (offset - at) * 8;
    if (shift >= width || shift + bits <= 0) continue;
    if (typeof value === 'bigint') constant |= shift >= 0 ? value << BigInt(shift) : value >> BigInt(-shift);
    else registers.push(shifted(code, value, shift));
  }
  const known = n(BigInt.asIntN(64, BigInt.asUintN(width, constant)));
  const [first, ...others] = registers;
  if (first === undefined) return code.id(known);
  const start = constant === 0n ? first : code.alu('or', first, known);
  return others.reduce((sum, register) => code.alu('or', sum, register), start);
}

/** A piece that begins in this word, or ends in it. */
function shifted(code: Code, value: ValueId, shift: number): ValueId {
  if (shift === 0) return value;
  return shift > 0 ? code.alu('shl', value, n(shift)) : code.alu('shr', value, n(-shift));
}
