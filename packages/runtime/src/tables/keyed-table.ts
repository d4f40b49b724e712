import type { MapStore } from '@twinpath/compiler';
import { TableFullError } from '@twinpath/vnf';
import type { Decoded, DecodedRecord } from '@twinpath/vnf/layout';
import { keyText, type StoredEntry } from './instance-maps.ts';
import type { Place } from './place.ts';
import { eachInSlices, inSlices } from './slices.ts';
import type { InstanceState } from './state.ts';
import { type EncodedKey, familyMaps, type TableCodec } from './table-codec.ts';
import { deleteKeys, isFull, writeEntries } from './write-all.ts';

type ExpiryHandler = (key: Decoded, value: DecodedRecord) => void;
type ChangeHandler = (key: Decoded, value: DecodedRecord | undefined) => void;

/** A `table` or an `lpm` as the slow path has it (LiveTable). */
export class KeyedTable {
  readonly codec: TableCodec;
  readonly #place: Place;
  readonly #state: InstanceState;
  readonly #expiryHandlers: ExpiryHandler[] = [];
  readonly #changeHandlers: ChangeHandler[] = [];

  constructor(codec: TableCodec, place: Place, state: InstanceState) {
    this.codec = codec;
    this.#place = place;
    this.#state = state;
  }

  /** The maps that packets see, for each family. */
  get stores(): readonly MapStore[] {
    return this.#place.stores();
  }

  get size(): number {
    return this.#place.stores().reduce((sum, { size }) => sum + size, 0);
  }

  get(key: unknown): DecodedRecord | undefined {
    const { place, bytes } = this.codec.encodeKey(key);
    const stored = this.#place.stores()[place]?.lookup(bytes);
    return stored && this.codec.decodeValue(stored);
  }

  /** @throws TableFullError, EncodeError */
  set(key: unknown, value: unknown): void {
    this.#write(this.codec.encodeKey(key), this.codec.encodeValue(value, this.#state.seconds), 'any');
  }

  /** What the fast path writes to the same entry at this moment may be lost. */
  update(key: unknown, fields: Readonly<Record<string, unknown>>): boolean {
    const encoded = this.codec.encodeKey(key);
    const stored = this.#place.writable()[encoded.place]?.lookup(encoded.bytes);
    if (stored === undefined) return false;
    return this.#write(encoded, this.codec.patchValue(stored, fields), 'existing');
  }

  delete(key: unknown): boolean {
    const { place, bytes } = this.codec.encodeKey(key);
    return this.#place.writable()[place]?.delete(bytes) === true;
  }

  /** @throws TableFullError; EncodeError before anything is written */
  setMany(entries: Iterable<readonly [unknown, unknown]>): void {
    const stores = this.#place.writable();
    const contents = stores.map((): StoredEntry[] => []);
    const { seconds } = this.#state;
    for (const [key, value] of entries) {
      const { place, bytes } = this.codec.encodeKey(key);
      contents[place]?.push([bytes, this.codec.encodeValue(value, seconds)]);
    }
    try {
      for (const [place, store] of stores.entries()) writeEntries(store, contents[place] ?? []);
    } catch (error) {
      throw isFull(error) ? this.#full() : error;
    }
  }

  deleteMany(keys: Iterable<unknown>): number {
    const stores = this.#place.writable();
    const doomed = stores.map((): Uint8Array[] => []);
    for (const key of keys) {
      const { place, bytes } = this.codec.encodeKey(key);
      doomed[place]?.push(bytes);
    }
    return stores.reduce((sum, store, place) => sum + deleteKeys(store, doomed[place] ?? []), 0);
  }

  deleteWhere(test: (key: Decoded, value: DecodedRecord) => boolean): number {
    let deleted = 0;
    for (const [place, store] of this.#place.writable().entries()) {
      const doomed: Uint8Array[] = [];
      for (const [key, value] of store.entries()) {
        if (test(this.codec.decodeKey(place, key), this.codec.decodeValue(value))) doomed.push(key);
      }
      deleted += deleteKeys(store, doomed);
    }
    return deleted;
  }

  async sweep(test: (key: Decoded, value: DecodedRecord) => boolean): Promise<number> {
    // Rule sets change as a whole.
    if (this.codec.plan.ruleSet !== undefined) return this.deleteWhere(test);
    let deleted = 0;
    for (const [place, store] of this.#place.writable().entries()) {
      let doomed: Uint8Array[] = [];
      const visit = ([key, value]: StoredEntry) => {
        if (test(this.codec.decodeKey(place, key), this.codec.decodeValue(value))) doomed.push(key);
      };
      await eachInSlices(store.entries(), visit, () => {
        deleted += deleteKeys(store, doomed);
        doomed = [];
      });
    }
    return deleted;
  }

  /** @throws TableFullError, EncodeError; nothing is changed then. */
  replace(entries: Iterable<readonly [unknown, unknown]>): void {
    this.#place.replace(this.encodeAll(entries));
  }

  /** For each family; of two entries with one key the later one. @throws TableFullError, EncodeError */
  encodeAll(entries: Iterable<readonly [unknown, unknown]>): readonly (readonly StoredEntry[])[] {
    const maps = familyMaps(this.codec.plan);
    const contents = maps.map(() => new Map<string, StoredEntry>());
    const { seconds } = this.#state;
    for (const [key, value] of entries) {
      const { place, bytes } = this.codec.encodeKey(key);
      contents[place]?.set(keyText(bytes), [bytes, this.codec.encodeValue(value, seconds)]);
    }
    for (const [place, { maxEntries }] of maps.entries()) {
      if ((contents[place]?.size ?? 0) > maxEntries) throw this.#full();
    }
    return contents.map((of) => [...of.values()]);
  }

  onExpired(handler: ExpiryHandler): void {
    this.#expiryHandlers.push(handler);
  }

  /** Tells who asked that a timeout removed this entry. */
  notifyExpired(place: number, key: Uint8Array, value: Uint8Array): void {
    if (this.#expiryHandlers.length > 0) {
      const [decodedKey, decodedValue] = [this.codec.decodeKey(place, key), this.codec.decodeValue(value)];
      for (const handler of this.#expiryHandlers) handler(decodedKey, decodedValue);
    }
    this.notifyStored(place, key);
  }

  onChange(handler: ChangeHandler): void {
    this.#changeHandlers.push(handler);
  }

  /** Tells who asked that somebody else has changed the entry. @throws EncodeError */
  notifyChanged(key: unknown): void {
    if (this.#changeHandlers.length === 0) return;
    const { place, bytes } = this.codec.encodeKey(key);
    this.notifyStored(place, bytes);
  }

  /** The same, of a key as its map has it. */
  notifyStored(place: number, key: Uint8Array): void {
    if (this.#changeHandlers.length === 0) return;
    const stored = this.#place.stores()[place]?.lookup(key);
    const decodedKey = this.codec.decodeKey(place, key);
    for (const handler of this.#changeHandlers) handler(decodedKey, stored && this.codec.decodeValue(stored));
  }

  *[Symbol.iterator](): Generator<[Decoded, DecodedRecord]> {
    for (const [place, store] of this.#place.stores().entries()) {
      for (const [key, value] of store.entries())
        yield [this.codec.decodeKey(place, key), this.codec.decodeValue(value)];
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<[Decoded, DecodedRecord]> {
    return inSlices(this);
  }

  #write({ place, bytes }: EncodedKey, value: Uint8Array, mode: 'any' | 'existing'): boolean {
    try {
      this.#place.writable()[place]?.update(bytes, value, mode);
      return true;
    } catch (error) {
      if (isFull(error)) throw this.#full();
      if (mode === 'existing' && error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    }
  }

  #full(): TableFullError {
    const { path, maps } = this.codec.plan;
    return new TableFullError(path, maps[0]?.maxEntries ?? 0);
  }
}
