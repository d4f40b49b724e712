import type { Register } from './machine.ts';

export interface Move {
  readonly dst: Register;
  readonly src: Register;
}

/** Moves one after the other that do what these do all at once. `temporary` makes a register to break a cycle with. */
export function sequentialMoves(moves: readonly Move[], temporary: () => Register): Move[] {
  const pending = new Map(moves.filter(({ dst, src }) => dst !== src).map(({ dst, src }) => [dst, src]));
  const ordered: Move[] = [];
  while (pending.size > 0) {
    const sources = new Set(pending.values());
    const free = [...pending].filter(([dst]) => !sources.has(dst));
    for (const [dst, src] of free) {
      ordered.push({ dst, src });
      pending.delete(dst);
    }
    if (free.length > 0) continue;
    // Every destination is still to be read: only cycles are left. Save one register and read the copy instead.
    const [saved] = pending.keys();
    if (saved === undefined) break;
    const copy = temporary();
    ordered.push({ dst: copy, src: saved });
    for (const [dst, src] of pending) if (src === saved) pending.set(dst, copy);
  }
  return ordered;
}
