import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sequentialMoves } from './parallel-moves.ts';

const TEMPORARY = 100;

/** Every register holds its own number at first. */
function run(moves: readonly { readonly dst: number; readonly src: number }[]): (register: number) => number {
  const held = new Map<number, number>();
  const read = (register: number) => held.get(register) ?? register;
  for (const { dst, src } of moves) held.set(dst, read(src));
  return read;
}

describe('sequentialMoves', () => {
  it('does one after the other what was to be done at once', () => {
    const moves = fc.uniqueArray(fc.record({ dst: fc.nat(7), src: fc.nat(7) }), { selector: ({ dst }) => dst });
    fc.assert(
      fc.property(moves, (parallel) => {
        let next = TEMPORARY;
        const read = run(sequentialMoves(parallel, () => next++));
        const wanted = new Map(parallel.map(({ dst, src }) => [dst, src]));
        for (let register = 0; register < 8; register++) {
          expect(read(register)).toBe(wanted.get(register) ?? register);
        }
      }),
    );
  });

  it('exchanges two registers by way of a third', () => {
    const moves = sequentialMoves(
      [
        { dst: 1, src: 2 },
        { dst: 2, src: 1 },
      ],
      () => TEMPORARY,
    );
    expect(moves).toEqual([
      { dst: TEMPORARY, src: 1 },
      { dst: 1, src: 2 },
      { dst: 2, src: TEMPORARY },
    ]);
  });

  it('needs no other register for a chain', () => {
    const moves = sequentialMoves(
      [
        { dst: 2, src: 1 },
        { dst: 3, src: 2 },
        { dst: 4, src: 4 },
      ],
      () => TEMPORARY,
    );
    expect(moves).toEqual([
      { dst: 3, src: 2 },
      { dst: 2, src: 1 },
    ]);
  });
});
