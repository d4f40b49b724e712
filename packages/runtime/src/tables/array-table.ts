import { TableFullError } from '@twinpath/vnf';
import type { DecodedRecord } from '@twinpath/vnf/layout';
import { indexKey, type StoredEntry } from './instance-maps.ts';
import type { Place } from './place.ts';
import type { TableCodec } from './table-codec.ts';

/** An `array` as the slow path has it (LiveArray). */
export class ArrayTable {
  readonly #codec: TableCodec;
  readonly #place: Place;
  readonly #max: number;

  constructor(codec: TableCodec, place: Place) {
    this.#codec = codec;
    this.#place = place;
    this.#max = codec.plan.maps[0]?.maxEntries ?? 0;
  }

  get(index: number): DecodedRecord | undefined {
    if (!this.#exists(index)) return undefined;
    const stored = this.#place.stores()[0]?.lookup(indexKey(index));
    return stored && this.#codec.decodeValue(stored);
  }

  /** @throws RangeError, EncodeError */
  set(index: number, value: unknown): void {
    this.#require(index);
    this.#place.writable()[0]?.update(indexKey(index), this.#codec.encodeValue(value, 0), 'any');
  }

  /** @throws TypeError for an array with one copy for all CPUs; RangeError, EncodeError */
  setOn(cpu: number, index: number, value: unknown): void {
    const { path, perCpu } = this.#codec.plan;
    if (!perCpu) throw new TypeError(`array ${path} has one copy for all CPUs: use set()`);
    this.#require(index);
    const [store] = this.#place.writable();
    const stored = store?.lookup(indexKey(index));
    if (stored === undefined) throw new RangeError(`array ${path} has no element ${index}`);
    store?.update(indexKey(index), this.#codec.encodeCopy(stored, cpu, value), 'any');
  }

  /** Elements behind the last value become zero. @throws TableFullError, EncodeError; nothing is changed then. */
  replace(values: Iterable<unknown>): void {
    this.#place.replace([this.encodeAll(values)]);
  }

  encodeAll(values: Iterable<unknown>): readonly StoredEntry[] {
    const given = [...values].map((value) => this.#codec.encodeValue(value, 0));
    if (given.length > this.#max) {
      throw new TableFullError(this.#codec.plan.path, this.#max, given.length);
    }
    const zero = new Uint8Array(this.#place.stores()[0]?.lookup(indexKey(0))?.length ?? 0);
    return Array.from({ length: this.#max }, (_, index) => [indexKey(index), given[index] ?? zero]);
  }

  *[Symbol.iterator](): Generator<[number, DecodedRecord]> {
    for (let index = 0; index < this.#max; index++) {
      const value = this.get(index);
      if (value !== undefined) yield [index, value];
    }
  }

  #exists(index: number): boolean {
    return Number.isInteger(index) && index >= 0 && index < this.#max;
  }

  #require(index: number): void {
    if (this.#exists(index)) return;
    throw new RangeError(`array ${this.#codec.plan.path} has elements 0 to ${this.#max - 1}, not ${index}`);
  }
}
