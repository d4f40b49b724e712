// A chain's wiring in an engine: which program stands at which position, and where packets begin.

import { TRIPS_MAP } from '@twinpath/compiler/abi';
import type { EngineMap, EngineProgram } from '@twinpath/engine';
import type { Hook, OwnPlace, Placement, Root } from '@twinpath/vnf/chain';
import type { PlacedProgram, Wiring } from '../instance-plane.ts';
import { ownProgram } from '../kernel/own-programs.ts';
import { POSITIONS } from '../kernel/path-arrays.ts';
import { indexKey } from '../tables/instance-maps.ts';
import type { EngineHost, Judges } from './engine-host.ts';

const HOOKS: readonly Hook[] = ['xdp', 'tcx-ingress', 'tcx-egress'];

/** Programs as they were. */
export interface KeptPrograms {
  restore(): void;
}

export class EngineWiring implements Wiring, Disposable {
  readonly #host: EngineHost;
  readonly #key: number;
  readonly #paths: ReadonlyMap<Hook, EngineMap>;
  /** How often what runs on a CPU was sent again (compiler/abi/trips.ts). */
  readonly trips: EngineMap;
  readonly #placements = new Map<number, Placement>();
  /** By position. */
  readonly #programs = new Map<number, number>();
  /** Of places that are the chain's own, by position. */
  readonly #own = new Map<number, EngineProgram>();
  #roots: readonly Root[] = [];
  /** By name of the chain's port. */
  #interfaces: ReadonlyMap<string, number> = new Map();

  /** `key`: the mark of the slow path's packets. */
  constructor(host: EngineHost, key: number) {
    const { engine } = host;
    const array = { name: 'path', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: POSITIONS } as const;
    this.#host = host;
    this.#key = key;
    this.#paths = new Map(HOOKS.map((hook) => [hook, engine.createMap(array)]));
    this.trips = engine.createMap(TRIPS_MAP);
    host.tripsAt((cpu) => this.trips.address(indexKey(0), cpu));
  }

  /** The program array of a hook. */
  path(hook: Hook): EngineMap {
    const found = this.#paths.get(hook);
    if (found === undefined) throw new RangeError(`there is no program array for ${hook}`);
    return found;
  }

  /** These places are about to be filled, and ports are these interfaces. */
  expect(placements: Iterable<Placement>, interfaces: ReadonlyMap<string, number>): void {
    for (const placement of placements) {
      this.#placements.set(placement.position, placement);
      if (placement.own !== undefined) this.#makeOwn(placement.position, placement.own);
    }
    this.#interfaces = new Map([...this.#interfaces, ...interfaces]);
  }

  place(programs: readonly PlacedProgram[]): void {
    const kept = this.keep(programs.map(({ position }) => position));
    // Everyone knows the programs before a tail call can lead to them, and nobody is in those before when this returns.
    this.#bring();
    try {
      for (const { position, id } of programs) this.#put(position, id);
      this.#bring();
    } catch (error) {
      kept.restore();
      throw error;
    }
  }

  keep(positions: readonly number[]): KeptPrograms {
    const before = positions.map((position) => [position, this.#programs.get(position) ?? 0] as const);
    return {
      restore: () => {
        for (const [position, id] of before) this.#put(position, id);
        this.#bring();
      },
    };
  }

  /** Packets begin there from now on, and nowhere else. Gives what takes it back. */
  begin(roots: readonly Root[]): () => void {
    const before = this.#roots;
    const change = (to: readonly Root[]) => {
      this.#roots = to;
      this.#bring();
    };
    change(roots);
    return () => change(before);
  }

  /** No packet comes to these places any more. */
  forget(positions: Iterable<number>): void {
    for (const position of positions) {
      this.#put(position, 0);
      this.#placements.delete(position);
      this.#own.get(position)?.[Symbol.dispose]();
      this.#own.delete(position);
    }
  }

  /** Id of the program at a position; 0: there is none. */
  programAt(position: number): number {
    return this.#programs.get(position) ?? 0;
  }

  /** Id of the program that packets of an interface meet first; 0: there is none. */
  first(ifindex: number, hook: Hook): number {
    const root = this.#roots.find((one) => one.hook === hook && this.#interfaces.get(one.port) === ifindex);
    return root === undefined ? 0 : this.programAt(root.position);
  }

  [Symbol.dispose](): void {
    for (const program of this.#own.values()) program[Symbol.dispose]();
    for (const map of [...this.#paths.values(), this.trips]) map[Symbol.dispose]();
  }

  /** Those of functions make their own. */
  #makeOwn(position: number, own: OwnPlace): void {
    if (this.#own.has(position)) return;
    const maps = { path: this.path('tcx-ingress') };
    const program = this.#host.engine.load(ownProgram({ own, position, key: this.#key }), { maps });
    this.#own.set(position, program);
    this.#bring();
    this.#put(position, program.id);
  }

  #put(position: number, id: number): void {
    const placement = this.#placements.get(position);
    if (placement === undefined) throw new Error(`nothing is expected at position ${position}`);
    const array = this.path(placement.hook);
    if (id === 0) {
      this.#programs.delete(position);
      array.delete(indexKey(position));
    } else {
      array.update(indexKey(position), new Uint8Array(Uint32Array.of(id).buffer));
      this.#programs.set(position, id);
    }
  }

  #bring(): void {
    const judges = [...new Set(this.#interfaces.values())].map((ifindex): Judges => {
      const first = (hook: Hook) => this.first(ifindex, hook);
      return { ifindex, xdp: first('xdp'), ingress: first('tcx-ingress'), egress: first('tcx-egress') };
    });
    this.#host.bring(judges);
  }
}
