// Kernel maps and the programs over them, kept from case to case: to load a program costs the verifier far more time than to
// run a case does. They go with the process.
import { EVENTS } from '@twinpath/compiler/abi';
import { type BpfMap, type BpfProgram, type MapSpec, RingBuffer } from '@twinpath/ebpf';
import { type InstanceMaps, KernelMaps } from '@twinpath/runtime';

export type ProgramsByDirection = ReadonlyMap<string, BpfProgram>;

/** Maps as new, for one case at a time. */
export interface Lease extends Disposable {
  readonly maps: InstanceMaps;
  readonly byName: Readonly<Record<string, BpfMap>>;
  /** Programs over these maps, loaded once for each key. */
  programs(key: object, load: () => ProgramsByDirection): ProgramsByDirection;
  takeEvents(): readonly Uint8Array[];
}

const idle = new Map<string, KernelInstance[]>();

export function leaseMaps(specs: readonly MapSpec[]): Lease {
  const key = JSON.stringify(specs);
  const instance = idle.get(key)?.pop() ?? new KernelInstance(specs);
  return {
    maps: instance.maps,
    byName: instance.byName,
    programs: (of, load) => instance.programs(of, load),
    takeEvents: () => instance.takeEvents(),
    [Symbol.dispose]() {
      instance.reset();
      idle.set(key, [...(idle.get(key) ?? []), instance]);
    },
  };
}

class KernelInstance {
  readonly maps: InstanceMaps;
  readonly byName: Readonly<Record<string, BpfMap>>;
  readonly #specs: readonly MapSpec[];
  readonly #programs = new Map<object, ProgramsByDirection>();
  readonly #ring: RingBuffer;
  #events: Uint8Array[] = [];

  constructor(specs: readonly MapSpec[]) {
    // Nothing is pinned: what is staged and not installed is nobody else's.
    const staged = new KernelMaps('').stage(specs);
    this.maps = staged.maps;
    this.byName = staged.byName;
    this.#specs = specs;
    const events = this.byName[EVENTS];
    if (events === undefined) throw new Error(`there is no map "${EVENTS}"`);
    this.#ring = new RingBuffer(events, (memory, offset, length) => {
      this.#events.push(new Uint8Array(memory.buffer, memory.byteOffset + offset, length).slice());
    });
  }

  programs(key: object, load: () => ProgramsByDirection): ProgramsByDirection {
    const loaded = this.#programs.get(key) ?? load();
    this.#programs.set(key, loaded);
    return loaded;
  }

  takeEvents(): readonly Uint8Array[] {
    this.#ring.drain();
    const events = this.#events;
    this.#events = [];
    return events;
  }

  reset(): void {
    this.takeEvents();
    for (const spec of this.#specs) {
      if (spec.type === 'ringbuf') continue;
      if (spec.flags?.includes('mmapable')) this.maps.memory(spec.name).fill(0);
      else this.byName[spec.name]?.clear();
    }
  }
}
