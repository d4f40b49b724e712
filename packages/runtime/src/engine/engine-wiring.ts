// A chain's wiring in an engine: which program stands at which position, and where packets begin.

import type { Hook, OwnPlace, Placement, Root } from '@twinpath/vnf/chain';
import type { ChainWiring, Kept } from '../chain/ground.ts';
import type { OpenPort } from '../chain/open-port.ts';
import type { PlacedProgram, Wiring } from '../instance-plane.ts';
import { ownProgram } from '../kernel/own-programs.ts';
import type { EngineHost, Judges } from './engine-host.ts';
import { EnginePaths } from './engine-paths.ts';
import { EngineStock } from './engine-stock.ts';

interface Beginning extends Pick<Root, 'hook' | 'position'> {
  readonly ifindex: number;
}

export class EngineWiring implements Wiring, ChainWiring<OpenPort>, Disposable {
  readonly stock: EngineStock;
  readonly paths: EnginePaths;
  readonly #host: EngineHost;
  readonly #key: number;
  readonly #placements = new Map<number, Placement>();
  /** By position. */
  readonly #programs = new Map<number, number>();
  #beginnings: readonly Beginning[] = [];
  /** By name of the chain's port. */
  #interfaces: ReadonlyMap<string, number> = new Map();

  /** `key`: the mark of the slow path's packets. */
  constructor(host: EngineHost, key: number) {
    this.#host = host;
    this.#key = key;
    this.stock = new EngineStock(host.engine);
    this.paths = EnginePaths.create(host.engine);
  }

  /** These places are about to be filled, and ports are these interfaces. */
  expect(placements: Iterable<Placement>, ports: ReadonlyMap<string, OpenPort>): void {
    const interfaces = [...ports].map(([name, { ifindex }]) => [name, ifindex] as const);
    this.#interfaces = new Map([...this.#interfaces, ...interfaces]);
    for (const placement of placements) {
      this.#placements.set(placement.position, placement);
      if (placement.own !== undefined) this.#makeOwn(placement.position, placement.own);
    }
  }

  /** Nothing is fused here. */
  collect(): void {}

  place(programs: readonly PlacedProgram[]): void {
    using kept = this.keep(programs.map(({ position }) => position));
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

  keep(positions: readonly number[]): Kept {
    const { programs } = this.stock;
    const before = positions.map((position) => [position, this.#programs.get(position) ?? 0] as const);
    const held = before.flatMap(([, id]) => (id === 0 ? [] : [programs.hold(id)]));
    return {
      restore: () => {
        for (const [position, id] of before) this.#put(position, id);
        this.#bring();
      },
      [Symbol.dispose]: () => {
        for (const { id } of held) programs.drop(id);
      },
    };
  }

  /** Packets begin there from now on, and nowhere else. Gives what takes it back. */
  begin(roots: readonly Root[]): () => void {
    const before = this.#beginnings;
    const after = this.#beginningsOf(roots);
    const change = (from: readonly Beginning[], to: readonly Beginning[]) => {
      for (const { ifindex, hook } of from) this.paths.begin(ifindex, hook);
      for (const { ifindex, hook, position } of to) this.paths.begin(ifindex, hook, position);
      this.#beginnings = to;
      this.#bring();
    };
    change(before, after);
    return () => change(after, before);
  }

  /** What begins, begins at the last roots and nowhere else. */
  endOthers(roots: readonly Root[]): void {
    if (JSON.stringify(this.#beginningsOf(roots)) !== JSON.stringify(this.#beginnings)) this.begin(roots);
  }

  /** No packet comes to these places any more. */
  forget(positions: Iterable<number>): void {
    for (const position of positions) {
      if (this.#placements.has(position)) this.#put(position, 0);
      this.#placements.delete(position);
    }
  }

  [Symbol.dispose](): void {
    this.forget([...this.#programs.keys()]);
    this.stock.removeMapsBut([]);
    this.paths[Symbol.dispose]();
  }

  /** Those of functions make their own. */
  #makeOwn(position: number, own: OwnPlace): void {
    if (this.#programs.has(position)) return;
    const maps = { path: this.paths.path('tcx-ingress') };
    const { id } = this.stock.load(ownProgram({ own, position, key: this.#key }), { maps });
    this.#bring();
    this.#put(position, id);
    // Its place holds it.
    this.stock.programs.drop(id);
  }

  #put(position: number, id: number): void {
    const placement = this.#placements.get(position);
    if (placement === undefined) throw new Error(`nothing is expected at position ${position}`);
    const { programs } = this.stock;
    const before = this.#programs.get(position) ?? 0;
    if (id !== 0) programs.hold(id);
    this.paths.put(placement.hook, position, id);
    if (id === 0) this.#programs.delete(position);
    else this.#programs.set(position, id);
    if (before !== 0) programs.drop(before);
  }

  #beginningsOf(roots: readonly Root[]): readonly Beginning[] {
    return roots.map(({ port, hook, position }) => ({ ifindex: this.#interfaces.get(port) ?? 0, hook, position }));
  }

  #bring(): void {
    const judges = [...new Set(this.#interfaces.values())].map((ifindex): Judges => {
      const first = (hook: Hook) => this.paths.first(ifindex, hook);
      return { ifindex, xdp: first('xdp'), ingress: first('tcx-ingress'), egress: first('tcx-egress') };
    });
    this.#host.bring(judges);
  }
}
