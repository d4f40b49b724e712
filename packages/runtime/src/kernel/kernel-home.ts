import { join } from 'node:path';
import { STATE } from '@twinpath/compiler/abi';
import { BpfMap } from '@twinpath/ebpf';
import { pinName } from '../host/paths.ts';
import { MAPS } from '../host/pins.ts';
import type { InstanceHome, Lodging, StateMemory } from '../instance/instance-home.ts';
import type { InstancePlane } from '../instance-plane.ts';
import { KernelPlane, type KernelPlaneOptions } from './kernel-plane.ts';

export type MakePlane = (options: KernelPlaneOptions) => InstancePlane;

/** One function in the kernel of this machine: whatever thread has its descriptors, its maps are pinned. */
export class KernelHome implements InstanceHome {
  readonly hasThreads: boolean;
  readonly #options: KernelPlaneOptions;
  readonly #makePlane: MakePlane;

  /** `makePlane`: for an instance that is to stay in this thread, whatever it does. */
  constructor(options: KernelPlaneOptions, makePlane?: MakePlane) {
    this.#options = options;
    this.hasThreads = makePlane === undefined;
    this.#makePlane = makePlane ?? ((given) => new KernelPlane(given));
  }

  openPlane(): InstancePlane {
    return this.#makePlane(this.#options);
  }

  lodge(): Lodging {
    const answer = () => {
      throw new TypeError('who is in the kernel asks that');
    };
    // Pins stay, and the worker's descriptors are closed with it.
    return { plane: { kind: 'kernel', pins: this.#options.pins }, answer, async [Symbol.asyncDispose]() {} };
  }

  openState(): StateMemory {
    const { pins, functionName } = this.#options;
    using map = BpfMap.fromPin(join(pins, MAPS, functionName, pinName(STATE.map)));
    const mapped = map.mapMemory();
    return { memory: new Uint8Array(mapped.buffer, 0, STATE.size), [Symbol.dispose]: () => mapped[Symbol.dispose]() };
  }
}
