import type { MapStore, UpdateMode } from '@twinpath/compiler';
import { keyText } from './instance-maps.ts';

/** A longest-prefix trie on which `lookup` finds exactly the key. The kernel has no such question, so that the keys are kept
 *  here too: only Node writes tries. */
export class ExactTrie implements MapStore {
  readonly #trie: MapStore;
  readonly #keys: Set<string>;

  constructor(trie: MapStore) {
    this.#trie = trie;
    this.#keys = new Set([...trie.entries()].map(([key]) => keyText(key)));
  }

  get size(): number {
    return this.#keys.size;
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    return this.#keys.has(keyText(key)) ? this.#trie.lookup(key) : undefined;
  }

  /** The value of the longest prefix that the key has, as programs find it. */
  match(key: Uint8Array): Uint8Array | undefined {
    return this.#trie.lookup(key);
  }

  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode): void {
    this.#trie.update(key, value, mode);
    this.#keys.add(keyText(key));
  }

  delete(key: Uint8Array): boolean {
    this.#keys.delete(keyText(key));
    return this.#trie.delete(key);
  }

  entries(): Iterable<[Uint8Array, Uint8Array]> {
    return this.#trie.entries();
  }
}
