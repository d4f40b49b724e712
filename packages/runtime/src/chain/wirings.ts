// The wiring of all chains of this process, by name: an instance may have places in several.

import type { Wiring } from '../instance-plane.ts';
import type { Kept, KernelWiring } from '../kernel/kernel-wiring.ts';

const wirings = new Map<string, KernelWiring>();

export function addWiring(chain: string, wiring: KernelWiring): Disposable {
  wirings.set(chain, wiring);
  return { [Symbol.dispose]: () => wirings.delete(chain) };
}

/** Puts programs into their places in one chain or in several: all, or none. */
export const hostWiring: Wiring = {
  place(programs) {
    const done: Kept[] = [];
    try {
      for (const [chain, own] of Map.groupBy(programs, (program) => program.chain)) {
        const wiring = wirings.get(chain);
        if (wiring === undefined) throw new Error(`chain ${chain} does not run`);
        const kept = wiring.keep(own.map(({ position }) => position));
        done.push(kept);
        wiring.place(own);
      }
    } catch (error) {
      for (const kept of done.reverse()) kept.restore();
      throw error;
    } finally {
      for (const kept of done) kept[Symbol.dispose]();
    }
  },
  collect() {
    for (const wiring of wirings.values()) wiring.collect();
  },
};
