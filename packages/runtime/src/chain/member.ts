// One function of a chain, and how it comes to its places.

import { resolve } from 'node:path';
import type { ChainFunctionSpec, ChainSpec, FunctionFace } from '@twinpath/vnf/chain';
import type { StateDirectory } from '../host/state-directory.ts';
import type { Takeover } from '../instance/instance-handle.ts';
import type { InstancePlaces } from '../instance-plane.ts';
import type { ChainWiring, FunctionMaps } from './ground.ts';
import { type PlacedInstance, united } from './placed-instance.ts';

export interface Member {
  readonly spec: ChainFunctionSpec;
  readonly placed: PlacedInstance;
  readonly face: FunctionFace;
}

export interface MemberChangeOptions {
  readonly chain: string;
  readonly wiring: Pick<ChainWiring<never>, 'keep'>;
  readonly maps: FunctionMaps;
  /** Where durable tables are kept; `undefined`: nowhere. */
  readonly state: StateDirectory | undefined;
  /** The change goes on with what another process has left. */
  readonly adopts: boolean;
  /** What that process had brought the chain to, where it is known. */
  readonly left: ChainSpec | undefined;
  /** What is let go of when all is done or undone. */
  readonly held: DisposableStack;
  readonly undo: AsyncDisposableStack;
  leave(placed: PlacedInstance): Promise<void>;
}

/** What one change of a chain does to its functions: steps that can fail, each with what takes it back. */
export class MemberChange {
  readonly #options: MemberChangeOptions;

  constructor(options: MemberChangeOptions) {
    this.#options = options;
  }

  async bring(member: Member, present: Member | undefined, places: InstancePlaces): Promise<void> {
    const { placed, spec } = member;
    const { chain, wiring, state, adopts, held, undo } = this.#options;
    if (present?.placed === placed) {
      const before = placed.placesIn(chain);
      await placed.place(chain, united(before, places));
      undo.defer(() => placed.place(chain, before));
      await reconfigure(present.spec, spec, placed, undo);
      return;
    }
    // What it takes the place of is put back if something fails behind it.
    const kept = held.use(wiring.keep(places.placements.map(({ position }) => position)));
    undo.defer(() => {
      if (present !== undefined || adopts) kept.restore();
    });
    if ('share' in spec) {
      await placed.place(chain, places);
      return;
    }
    const adopt = this.#takeover(member, present);
    // First of all: a slow path that is being started again would take its places anew.
    undo.defer(() => this.#options.leave(placed));
    await placed.start(spec.config, chain, places, { adopt, restore: state?.fileOf(spec.name) });
    if (present === undefined && adopt !== undefined) this.#undoConfiguring(member);
  }

  /** What `configure` writes into tables that stay is there for whoever adopts them next. */
  #undoConfiguring({ spec, placed }: Member): void {
    const { left, undo } = this.#options;
    const before = left?.functions.find(({ name }) => name === spec.name);
    if (before === undefined || 'share' in before || 'share' in spec || resolve(before.use) !== resolve(spec.use))
      return;
    const { config } = before;
    if (JSON.stringify(config) !== JSON.stringify(spec.config)) undo.defer(() => placed.instance.configure(config));
  }

  /** How a new instance goes on with the tables of the one before; `undefined`: there is none, or it was another function. */
  #takeover({ spec, placed }: Member, present: Member | undefined): Takeover | undefined {
    const { maps, adopts, held, undo } = this.#options;
    const { name } = spec;
    if (present === undefined && !adopts) return undefined;
    const was = present === undefined ? maps.marksOf(name) : present.placed.instance.spec.marks;
    const backup = held.use(maps.backup(name));
    undo.defer(() => backup.restore());
    if (was !== undefined && was.name !== placed.instance.spec.name) {
      maps.forgetMaps(name);
      return undefined;
    }
    // What the new one has made of the tables, the old one makes its own again.
    if (present !== undefined && !('share' in present.spec)) {
      const { config } = present.spec;
      undo.defer(() => present.placed.instance.configure(config));
    }
    return { was, freshEvents: present !== undefined };
  }
}

/** With the same tables, whatever its configuration, whatever is said of its reasons, and whether it is specialised or not. */
export function isSameFunction(a: ChainFunctionSpec, b: ChainFunctionSpec): boolean {
  const essence = (spec: ChainFunctionSpec) =>
    JSON.stringify({ ...spec, config: undefined, reasons: undefined, specialise: undefined });
  return essence(a) === essence(b);
}

async function reconfigure(
  before: ChainFunctionSpec,
  after: ChainFunctionSpec,
  { instance }: PlacedInstance,
  undo: AsyncDisposableStack,
): Promise<void> {
  const [from, to] = [before, after].map((spec) => ('share' in spec ? undefined : spec.config));
  if (JSON.stringify(from) === JSON.stringify(to)) return;
  await instance.configure(to);
  undo.defer(() => instance.configure(from));
}
