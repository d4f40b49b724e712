import { type MapStore, MapStoreError, type UpdateMode } from '@twinpath/compiler/run';
import { keyText, type StoredEntry } from '../tables/instance-maps.ts';

interface Change {
  readonly key: Uint8Array;
  /** `undefined`: deleted. */
  readonly value: Uint8Array | undefined;
}

export interface OverlayLimits {
  readonly name: string;
  readonly maxEntries: number;
  /** A full map makes room by itself. */
  readonly evicts: boolean;
}

/** A map as it would be: what is written stays here, what was not written shows through. */
export class OverlayStore implements MapStore {
  readonly #base: MapStore;
  readonly #limits: OverlayLimits;
  readonly #changes = new Map<string, Change>();
  #size: number | undefined;

  constructor(base: MapStore, limits: OverlayLimits) {
    this.#base = base;
    this.#limits = limits;
  }

  get size(): number {
    this.#size ??= this.#base.size;
    return this.#size;
  }

  get written(): readonly StoredEntry[] {
    return [...this.#changes.values()].flatMap(({ key, value }) =>
      value === undefined ? [] : [[key, value] as const],
    );
  }

  get deleted(): readonly Uint8Array[] {
    return [...this.#changes.values()].filter(({ value }) => value === undefined).map(({ key }) => key);
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    const change = this.#changes.get(keyText(key));
    return change === undefined ? this.#base.lookup(key) : change.value?.slice();
  }

  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode): void {
    const { name, maxEntries, evicts } = this.#limits;
    const exists = this.lookup(key) !== undefined;
    if (exists && mode === 'new') throw new MapStoreError(name, 'update', 'EEXIST', 'the entry exists already');
    if (!exists && mode === 'existing') throw new MapStoreError(name, 'update', 'ENOENT', 'there is no such entry');
    if (!exists && !evicts && this.size >= maxEntries) {
      throw new MapStoreError(name, 'update', 'E2BIG', 'declare it larger');
    }
    if (!exists) this.#size = this.size + 1;
    this.#changes.set(keyText(key), { key: key.slice(), value: value.slice() });
  }

  delete(key: Uint8Array): boolean {
    if (this.lookup(key) === undefined) return false;
    this.#size = this.size - 1;
    this.#changes.set(keyText(key), { key: key.slice(), value: undefined });
    return true;
  }

  *entries(): Iterable<[Uint8Array, Uint8Array]> {
    for (const [key, value] of this.#base.entries()) if (!this.#changes.has(keyText(key))) yield [key, value];
    for (const [key, value] of this.written) yield [key.slice(), value.slice()];
  }
}
