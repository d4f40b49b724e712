// Weighted round robin, smoothly: a backend's turns are spread evenly among those of the others, as nginx does.
import type { Weighted } from './maglev.ts';

/** For each slot the index of a backend, or `undefined` when none has any weight. */
export function turnRing(backends: readonly Pick<Weighted, 'weight'>[], slots: number): Int32Array | undefined {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return undefined;
  const credits = backends.map(() => 0);
  return Int32Array.from({ length: slots }, () => {
    let best = 0;
    for (const [index, { weight }] of backends.entries()) {
      const credit = (credits[index] ?? 0) + weight;
      credits[index] = credit;
      if (credit > (credits[best] ?? 0)) best = index;
    }
    credits[best] = (credits[best] ?? 0) - total;
    return best;
  });
}
