import type { Way } from '@twinpath/compiler';
import { COUNTED } from '@twinpath/compiler/abi';
import type { BpfMap } from '@twinpath/ebpf';
import { indexKey } from '../tables/instance-maps.ts';

const FIRST = indexKey(0);
const FUSED = indexKey(COUNTED.fused);

/** What a fused program counts: how many packets took each way through it. */
export class WayCounts implements Disposable {
  readonly #ways: readonly Way[];
  readonly #map: BpfMap;
  /** Of functions, by what the fused program calls them. */
  readonly #counters: ReadonlyMap<string, BpfMap>;
  /** By CPU and way, as they were when they were collected. */
  #collected: readonly BigUint64Array[] = [];

  /** Takes the maps over. */
  constructor(ways: readonly Way[], map: BpfMap, counters: ReadonlyMap<string, BpfMap>) {
    this.#ways = ways;
    this.#map = map;
    this.#counters = counters;
  }

  /** Adds what packets were counted for since the last time to the counters of each function. */
  collect(): void {
    const counts = this.#map.lookupPerCpu(FIRST)?.map(words) ?? [];
    const added = counts.map((one, cpu) => one.map((count, way) => count - (this.#collected[cpu]?.[way] ?? 0n)));
    if (added.every((one) => one.every((count) => count === 0n))) return;
    for (const [name, counters] of this.#counters) this.#add(name, counters, added);
    this.#collected = counts;
  }

  [Symbol.dispose](): void {
    this.#map[Symbol.dispose]();
    for (const counters of this.#counters.values()) counters[Symbol.dispose]();
  }

  #add(name: string, counters: BpfMap, added: readonly BigUint64Array[]): void {
    const copies = counters.lookupPerCpu(FUSED)?.map(words);
    if (copies === undefined) throw new Error(`the counters ${name} have no element ${COUNTED.fused}`);
    for (const [cpu, sums] of copies.entries()) {
      for (const [way, additions] of this.#ways.entries()) {
        const packets = added[cpu]?.[way] ?? 0n;
        if (packets === 0n) continue;
        for (const { map, offset, amount } of additions) {
          if (map === name) sums[offset / 8] = (sums[offset / 8] ?? 0n) + packets * amount;
        }
      }
    }
    const bytes = copies.map(({ buffer }) => new Uint8Array(buffer));
    counters.updatePerCpu(FUSED, bytes, 'exist');
  }
}

/** A copy. */
const words = (value: Uint8Array): BigUint64Array => new BigUint64Array(Uint8Array.from(value).buffer);
