import type { TrafficTotals } from '@twinpath/vnf';
import type { Decoded } from '@twinpath/vnf/layout';
import type { TablePlan } from '@twinpath/vnf/plan';
import { type InstanceMaps, indexKey } from './instance-maps.ts';
import type { Place } from './place.ts';
import type { TableCodec } from './table-codec.ts';
import { deleteKeys } from './write-all.ts';

/** A `tally` as the slow path has it (LiveTally). */
export class TallyTable {
  readonly #codec: TableCodec;
  readonly #place: Place;
  readonly #maps: InstanceMaps;

  constructor(codec: TableCodec, place: Place, maps: InstanceMaps) {
    this.#codec = codec;
    this.#place = place;
    this.#maps = maps;
  }

  /** What came with new labels when the tally was full, all together. */
  get overflow(): TrafficTotals {
    const stored = this.#maps.store(overflowMap(this.#codec.plan)).lookup(indexKey(0));
    return stored === undefined ? { packets: 0, bytes: 0 } : this.#totals(stored);
  }

  clear(): void {
    for (const store of this.#place.writable())
      deleteKeys(
        store,
        [...store.entries()].map(([key]) => key),
      );
    const overflow = this.#maps.store(overflowMap(this.#codec.plan));
    const stored = overflow.lookup(indexKey(0));
    if (stored !== undefined) overflow.update(indexKey(0), stored.fill(0), 'any');
  }

  *[Symbol.iterator](): Generator<[Decoded, TrafficTotals]> {
    for (const [place, store] of this.#place.stores().entries()) {
      for (const [key, stored] of store.entries()) yield [this.#codec.decodeKey(place, key), this.#totals(stored)];
    }
  }

  #totals(stored: Uint8Array): TrafficTotals {
    const { packets, bytes } = this.#codec.decodeValue(stored);
    return { packets: Number(packets), bytes: Number(bytes) };
  }
}

function overflowMap({ overflow, path }: TablePlan): string {
  if (overflow === undefined) throw new Error(`tally ${path} has no overflow`);
  return overflow.name;
}
