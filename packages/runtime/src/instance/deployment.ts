import type { SizeClass } from '@twinpath/classifier';
import { classifierMap } from '@twinpath/compiler/abi';
import type { MapSpec } from '@twinpath/ebpf';
import type { Log } from '@twinpath/vnf';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import type { ChangeTimes } from '../chain/measures.ts';
import type { FunctionCompiler, PlaceProgram } from '../compile/function-compiler.ts';
import { type LoadedProgram, ProgramRejectedError, type StagedMaps } from '../data-plane.ts';
import type { InstancePlaces, InstancePlane } from '../instance-plane.ts';
import type { FrontState } from '../specialise/hot-map.ts';
import { Specialiser } from '../specialise/specialiser.ts';
import { emptyMaps, StagedTables } from '../staging/staged-tables.ts';
import { fixedSizeClasses, presentClasses } from '../tables/classifier-table.ts';
import type { LiveTableSet } from '../tables/live-tables.ts';
import { runningTables } from '../tables/running-tables.ts';
import { InstanceState } from '../tables/state.ts';
import type { Takeover } from './instance-handle.ts';
import { refreshListeners } from './listener-words.ts';
import { type Made, PlacePrograms } from './place-programs.ts';
import type { SavedTables } from './saved-tables.ts';
import { Succession } from './succession.ts';

export interface DeploymentOptions {
  readonly plane: InstancePlane;
  readonly compiler: FunctionCompiler;
  readonly plan: FunctionPlan;
  /** Maps that a configuration has no use for, by name. */
  readonly unusedMaps: (config: unknown) => ReadonlySet<string>;
  readonly log: Log;
  /** Of `hash`. */
  readonly seed: number;
  /** The mark of the slow path's packets. */
  readonly key: number;
  /** The instance's clock, whole seconds. */
  readonly seconds: () => number;
}

interface Present {
  readonly config: unknown;
  readonly maps: readonly MapSpec[];
  readonly programs: readonly Running[];
  readonly tables: LiveTableSet;
}

interface Running {
  readonly made: PlaceProgram;
  readonly loaded: LoadedProgram;
}

/** What a change leads to, as far as it is given. */
interface Change {
  readonly config: unknown;
  readonly classes: ReadonlyMap<string, SizeClass>;
  readonly staged?: StagedTables | undefined;
}

/** One function on its data plane: what is compiled, loaded and attached, and how that changes as a whole or not at all. */
export class Deployment {
  readonly #options: DeploymentOptions;
  readonly #programs: PlacePrograms;
  readonly #specialiser: Specialiser;
  #present: Present | undefined;
  /** Tables hold what another instance has left. */
  #adopted = false;
  /** Until the first deployment: how these tables come from that one's. */
  #succession: Succession | undefined;
  /** What the programs are made for. */
  #classes: ReadonlyMap<string, SizeClass> = new Map();

  #lastChange: ChangeTimes = { compile: 0, load: 0, swap: 0 };

  constructor(options: DeploymentOptions) {
    this.#options = options;
    this.#programs = new PlacePrograms(options);
    this.#specialiser = new Specialiser(options);
  }

  get programs(): readonly LoadedProgram[] {
    return this.#present?.programs.map(({ loaded }) => loaded) ?? [];
  }

  /** What the last change took. */
  get lastChange(): ChangeTimes {
    return this.#lastChange;
  }

  /** What stands in front of tables, by name of the map. */
  get fronts(): Readonly<Record<string, FrontState>> {
    return this.#specialiser.states;
  }

  /** Tables that packets see. */
  get tables(): LiveTableSet {
    if (this.#present === undefined) throw new Error('nothing is deployed yet');
    return this.#present.tables;
  }

  /** Goes on with the maps of another instance, and what they hold. `false`: there are none. @throws LayoutChangedError */
  adopt({ was, freshEvents = false }: Takeover): boolean {
    const { plane, plan, seconds } = this.#options;
    this.#adopted = plane.adopt();
    if (!this.#adopted) return false;
    const { cpus, graceMs } = plane.maps;
    const present = {
      cpus,
      graceMs,
      store: (name: string) => plane.maps.store(name),
      memory: (name: string) => plane.maps.memory(name),
      has: (name: string) => plane.hasMap(name),
    };
    const names = plan.tables.flatMap(({ maps }) => maps.map(({ name }) => name)).filter((name) => plane.hasMap(name));
    // As they are now: other maps get their names.
    const before = new Map(names.map((name) => [name, plane.maps.store(name)] as const));
    const ports = portNames(plane.places);
    this.#succession = new Succession({ plan, ports, cpus, before, was, present, freshEvents, seconds: seconds() });
    this.#classes = presentClasses(plan, this.#succession.view);
    return true;
  }

  /** Begins with what was saved. @throws LayoutChangedError */
  restore({ marks, maps }: SavedTables): void {
    const { plane, plan, seconds } = this.#options;
    const before = new Map([...maps].map(([name, entries]) => [name, { entries: () => entries }] as const));
    const given = { plan, ports: portNames(plane.places), cpus: plane.maps.cpus, before, was: marks };
    this.#succession = new Succession({ ...given, present: undefined, freshEvents: false, seconds: seconds() });
    this.#adopted = true;
  }

  /** For `configure`: the present tables, or empty ones. */
  stage(): StagedTables {
    const { plan, plane, seconds } = this.#options;
    const running = this.#present?.tables;
    const isNew = running === undefined && !this.#adopted;
    const present = this.#succession?.view ?? plane.maps;
    const maps = isNew ? emptyMaps(plan, plane.maps.cpus, seconds()) : present;
    return new StagedTables(plan, { ports: portNames(plane.places), maps, running });
  }

  /**
   * Makes packets see this configuration and these tables.
   * @throws CompileError, ClassifierError, TableFullError, SyscallError …; nothing is changed then.
   */
  deploy(config: unknown, staged: StagedTables): void {
    this.#change({ config, classes: staged.sizeClasses(this.#classes), staged });
  }

  /** Brings programs to places that are new, and lets go of those of places that are no more. @throws as `deploy` does. */
  place(places: InstancePlaces): void {
    const { plane } = this.#options;
    const before = plane.places;
    plane.places = places;
    try {
      this.#change({ config: this.#present?.config, classes: this.#classes });
    } catch (error) {
      plane.places = before;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#specialiser[Symbol.dispose]();
    for (const { loaded } of this.#present?.programs ?? []) loaded[Symbol.dispose]();
    this.#present = undefined;
  }

  #grow(path: string, sizeClass: SizeClass): void {
    this.#change({ config: this.#present?.config, classes: new Map([...this.#classes, [path, sizeClass]]) });
  }

  #change(change: Change): void {
    const { plane } = this.#options;
    const began = performance.now();
    const { programs, maps: all } = this.#programs.compile(plane.places, change);
    const maps = withoutRoom(all, this.#options.unusedMaps(change.config));
    const compiled = performance.now();
    const kept = this.#kept(programs, maps);
    const fresh = programs.filter((made) => !kept.has(made));
    if (this.#present !== undefined && fresh.length === 0) {
      change.staged?.commit(this.#present.tables, plane.maps).flip();
      this.#keep(change.config, { programs, maps }, kept, this.#present.tables);
      this.#lastChange = { compile: compiled - began, load: 0, swap: performance.now() - compiled };
    } else {
      const loaded = this.#replace(change, { programs, maps }, kept, fresh);
      this.#lastChange = { compile: compiled - began, load: loaded - compiled, swap: performance.now() - loaded };
    }
  }

  /** Programs that stay: of the same place and code, with maps that stay. */
  #kept(programs: readonly PlaceProgram[], maps: readonly MapSpec[]): ReadonlyMap<PlaceProgram, LoadedProgram> {
    const present = this.#present;
    if (present === undefined || JSON.stringify(present.maps) !== JSON.stringify(maps)) return new Map();
    const found = programs.flatMap((made) => {
      const same = present.programs.find((running) => isSame(running.made, made));
      return same === undefined ? [] : [[made, same.loaded] as const];
    });
    return new Map(found);
  }

  #keep(
    config: unknown,
    { programs, maps }: Made,
    loaded: ReadonlyMap<PlaceProgram, LoadedProgram>,
    tables: LiveTableSet,
  ): void {
    const before = this.#present?.programs ?? [];
    const running = programs.flatMap((made) => {
      const program = loaded.get(made);
      return program === undefined ? [] : [{ made, loaded: program }];
    });
    this.#present = { config, maps, programs: running, tables };
    const stay = new Set(running.map((one) => one.loaded));
    for (const { loaded: old } of before) if (!stay.has(old)) old[Symbol.dispose]();
  }

  /** Steps that can fail, each with what takes it back; then steps that cannot. Returns when all was loaded. */
  #replace(
    { config, classes, staged }: Change,
    made: Made,
    kept: ReadonlyMap<PlaceProgram, LoadedProgram>,
    fresh: readonly PlaceProgram[],
  ): number {
    const { plane } = this.#options;
    using undo = new DisposableStack();
    undo.defer(() => {
      if (this.#present !== undefined) this.#specialiser.resume(this.#present.programs.map((one) => one.made));
    });
    const succession = this.#succession;
    const maps = undo.use(plane.stageMaps(made.maps, succession?.fresh));
    this.#prime(maps, classes);
    succession?.fill(maps.maps);
    const loaded = this.#load({ config, classes }, fresh, maps);
    for (const program of loaded) undo.use(program);
    const end = performance.now();
    this.#specialiser.suspend();
    maps.install();
    const before = this.#classes;
    this.#classes = classes;
    undo.defer(() => {
      this.#classes = before;
    });
    plane.refreshPorts();
    refreshListeners(this.#options);
    const tables = this.#present?.tables ?? this.#firstTables(maps);
    const commit = staged?.commit(tables, plane.maps);
    if (commit !== undefined) undo.defer(() => commit.undo());
    plane.attach(loaded);
    undo.move();
    commit?.flip();
    succession?.catchUp(maps.maps);
    this.#succession = undefined;
    maps.commit();
    const pairs = fresh.flatMap((one, index) => {
      const program = loaded[index];
      return program === undefined ? [] : [[one, program] as const];
    });
    this.#keep(config, made, new Map([...kept, ...pairs]), tables);
    this.#specialiser.resume(made.programs);
    return end;
  }

  #load(change: Change, programs: readonly PlaceProgram[], maps: StagedMaps): readonly LoadedProgram[] {
    try {
      return this.#options.plane.load(programs, maps);
    } catch (error) {
      if (!(error instanceof ProgramRejectedError)) throw error;
      const refusal = this.#programs.rejected(this.#options.plane.places, change, error);
      refusal.cause = error.rejection;
      throw refusal;
    }
  }

  /** Larger classifiers begin with the rules of those that they replace. */
  #prime(maps: StagedMaps, classes: ReadonlyMap<string, SizeClass>): void {
    for (const [path, classifier] of this.#present?.tables.classifiers ?? []) {
      const map = classifierMap(classifier.plan, classifier.generation);
      const sizeClass = classes.get(path);
      if (sizeClass !== undefined && maps.isFresh(map)) classifier.prime(maps.maps.memory(map), sizeClass);
    }
  }

  #firstTables(staged: StagedMaps): LiveTableSet {
    const { plan, plane, seconds } = this.#options;
    new InstanceState(plane.maps).seconds = seconds();
    const sizeClasses = {
      get: (path: string) => fixedSizeClasses(this.#classes).get(path),
      grow: (path: string, sizeClass: SizeClass) => this.#grow(path, sizeClass),
    };
    const ports = portNames(plane.places);
    const tables = runningTables(plan, plane.maps, { ports, sizeClasses, adopted: this.#adopted });
    for (const [path, classifier] of this.#adopted ? tables.classifiers : []) {
      const map = classifierMap(classifier.plan, classifier.generation);
      if (staged.isFresh(map)) classifier.prime(plane.maps.memory(map), sizeClasses.get(path));
    }
    return tables;
  }
}

const portNames = ({ ports }: InstancePlaces): readonly string[] => ports.map(({ name }) => name);

/** Programs name all maps, also those that they never come to. */
function withoutRoom(maps: readonly MapSpec[], unused: ReadonlySet<string>): readonly MapSpec[] {
  return maps.map((spec) => (unused.has(spec.name) ? { ...spec, maxEntries: 1 } : spec));
}

/** The same code in the same place. */
function isSame(a: PlaceProgram, b: PlaceProgram): boolean {
  if (a === b) return true;
  if (a.hook !== b.hook || a.position !== b.position) return false;
  const [one, other] = [a.spec, b.spec];
  if (JSON.stringify(one.relocations) !== JSON.stringify(other.relocations)) return false;
  return Buffer.compare(one.code, other.code) === 0;
}
