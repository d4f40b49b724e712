import { STATE } from '@twinpath/compiler/abi';
import { Ageing, type InstanceMaps, type LiveTableSet } from '@twinpath/runtime';
import type { IdlePlan } from '@twinpath/vnf/plan';

const SECOND = 1_000_000_000;
/** Nanoseconds. Late enough that a stamp of 0 is not one of this run. */
const START = 1_000 * SECOND;

/** The instance's time, which stands until it is moved. */
export class SimulatedClock {
  readonly #maps: InstanceMaps;
  readonly #ageing: Ageing;
  #now = START;

  constructor(maps: InstanceMaps, tables: LiveTableSet, idle: ReadonlyMap<string, IdlePlan>) {
    this.#maps = maps;
    this.#ageing = new Ageing(tables.keyed.values(), (error) => {
      throw error;
    });
    this.#ageing.idle = idle;
    this.#write();
  }

  /** Nanoseconds. */
  get now(): number {
    return this.#now;
  }

  /** Lets time pass; entries that are too old then go. */
  advance(nanoseconds: number): void {
    const before = this.#seconds;
    this.#now += nanoseconds;
    this.#write();
    if (this.#seconds !== before) this.#ageing.run(this.#seconds);
  }

  get #seconds(): number {
    return Math.floor(this.#now / SECOND);
  }

  #write(): void {
    const state = this.#maps.memory(STATE.map);
    const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
    view.setUint32(STATE.seconds, this.#seconds, true);
    view.setBigUint64(STATE.now, BigInt(this.#now), true);
  }
}
