import { ABSENT, STATE } from '@twinpath/compiler/abi';
import type { Generation } from '@twinpath/vnf/plan';
import type { InstanceMaps } from './instance-maps.ts';

/** The words that the programs of an instance share with the runtime, in place (compiler/abi/state.ts). */
export class InstanceState {
  readonly #maps: Pick<InstanceMaps, 'memory'>;
  #memory: Uint8Array | undefined;
  #view: Int32Array = new Int32Array();

  constructor(maps: Pick<InstanceMaps, 'memory'>) {
    this.#maps = maps;
  }

  /** The clock of entries that age: whole seconds of CLOCK_MONOTONIC. */
  get seconds(): number {
    return this.#load(STATE.seconds);
  }
  set seconds(value: number) {
    this.#store(STATE.seconds, value);
  }

  /** What becomes of packets for the slow path while it is not there. */
  set absent(value: keyof typeof ABSENT) {
    this.#store(STATE.absent, ABSENT[value]);
  }

  /** What programs go by that remember the kernel's routes (compiler/abi/hops.ts). */
  set network({ generation, byDestination }: { readonly generation: number; readonly byDestination: boolean }) {
    this.#store(STATE.byDestination, byDestination ? 1 : 0);
    this.#store(STATE.network, generation);
  }

  generation(index: number): Generation {
    return ((this.#load(STATE.generations) >>> index) & 1) === 0 ? 0 : 1;
  }

  /** In one store, so that a packet sees the old generation or the new one. */
  setGeneration(index: number, generation: Generation): void {
    const others = this.#load(STATE.generations) & ~(1 << index);
    this.#store(STATE.generations, others | (generation << index));
  }

  #load(offset: number): number {
    return Atomics.load(this.#words(), offset / 4) >>> 0;
  }

  #store(offset: number, value: number): void {
    Atomics.store(this.#words(), offset / 4, value | 0);
  }

  /** The map is another one when it was replaced. */
  #words(): Int32Array {
    const memory = this.#maps.memory(STATE.map);
    if (memory !== this.#memory) {
      this.#memory = memory;
      this.#view = new Int32Array(memory.buffer, memory.byteOffset, STATE.size / 4);
    }
    return this.#view;
  }
}
