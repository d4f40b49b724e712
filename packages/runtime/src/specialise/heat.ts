// Which keys packets ask for most, from windows of a few hundred samples each.
import { FRONT_ENTRIES } from '@twinpath/compiler/abi';
import { keyText } from '../tables/instance-maps.ts';

/** What was seen before counts less by this factor with each window. */
const KEPT = 0.75;
/** Keys of less weight were seen once, some windows ago. */
const LEAST = 0.2;

interface Seen {
  readonly key: Uint8Array;
  weight: number;
}

export class Heat {
  readonly #seen = new Map<string, Seen>();
  #total = 0;

  add(keys: readonly Uint8Array[]): void {
    this.#total = this.#total * KEPT + keys.length;
    for (const [text, seen] of this.#seen) {
      seen.weight *= KEPT;
      if (seen.weight < LEAST) this.#seen.delete(text);
    }
    for (const key of keys) {
      const text = keyText(key);
      const seen = this.#seen.get(text);
      if (seen === undefined) this.#seen.set(text, { key, weight: 1 });
      else seen.weight++;
    }
  }

  /** Those that are `there`, hottest first, as many as a front has room for. */
  hottest(there: (key: Uint8Array) => boolean): readonly Uint8Array[] {
    const hottest: Uint8Array[] = [];
    for (const { key } of [...this.#seen.values()].sort((a, b) => b.weight - a.weight)) {
      if (hottest.length === FRONT_ENTRIES) break;
      if (there(key)) hottest.push(key);
    }
    return hottest;
  }

  /** The part of what was seen that was for these keys; more than they will be asked for, if they were chosen for it. */
  partOf(keys: readonly Uint8Array[]): number {
    const sum = keys.reduce((weight, key) => weight + (this.#seen.get(keyText(key))?.weight ?? 0), 0);
    return this.#total === 0 ? 0 : sum / this.#total;
  }
}

/** The part of samples that is for some of the keys. */
export function shareOf(keys: readonly Uint8Array[], samples: readonly Uint8Array[]): number {
  const texts = new Set(keys.map(keyText));
  return samples.filter((key) => texts.has(keyText(key))).length / samples.length;
}
