import type { SizeClass } from '@twinpath/classifier';
import { type CompiledFunction, compileFunction, type ImportedVnf, verifierRejection } from '@twinpath/compiler';
import { classifierMap } from '@twinpath/compiler/abi';
import { skbChecksumState } from '@twinpath/ebpf';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import {
  type DataPlane,
  type LoadedProgram,
  type LoadedPrograms,
  ProgramRejectedError,
  type StagedMaps,
} from '../data-plane.ts';
import { emptyMaps, StagedTables } from '../staging/staged-tables.ts';
import { fixedSizeClasses } from '../tables/classifier-table.ts';
import type { LiveTableSet } from '../tables/live-tables.ts';
import { runningTables } from '../tables/running-tables.ts';
import { InstanceState } from '../tables/state.ts';

export interface DeploymentOptions {
  readonly plane: DataPlane;
  readonly imported: ImportedVnf;
  readonly plan: FunctionPlan;
  /** Name of the port that the function sits on. */
  readonly port: string;
  /** Of `hash`. */
  readonly seed: number;
  /** The mark of the slow path's packets. */
  readonly key: number;
  /** The instance's clock, whole seconds. */
  readonly seconds: () => number;
}

interface Present {
  readonly config: unknown;
  readonly compiled: CompiledFunction;
  readonly programs: LoadedPrograms;
  readonly tables: LiveTableSet;
}

/** One function on its data plane: what is compiled, loaded and attached, and how that changes as a whole or not at all. */
export class Deployment {
  readonly #options: DeploymentOptions;
  #present: Present | undefined;
  /** What the programs are made for. */
  #classes: ReadonlyMap<string, SizeClass> = new Map();

  constructor(options: DeploymentOptions) {
    this.#options = options;
  }

  get programs(): readonly LoadedProgram[] {
    return this.#present?.programs.programs ?? [];
  }

  /** Tables that packets see. */
  get tables(): LiveTableSet {
    if (this.#present === undefined) throw new Error('nothing is deployed yet');
    return this.#present.tables;
  }

  /** For `configure`: the present tables, or empty ones. */
  stage(): StagedTables {
    const { plan, plane, port, seconds } = this.#options;
    const running = this.#present?.tables;
    const maps = running === undefined ? emptyMaps(plan, plane.maps.cpus, seconds()) : plane.maps;
    return new StagedTables(plan, { ports: [port], maps, running });
  }

  /**
   * Makes packets see this configuration and these tables.
   * @throws CompileError, ClassifierError, TableFullError, SyscallError …; nothing is changed then.
   */
  deploy(config: unknown, staged: StagedTables): void {
    this.#change(config, staged.sizeClasses(this.#classes), staged);
  }

  #grow(path: string, sizeClass: SizeClass): void {
    this.#change(this.#present?.config, new Map([...this.#classes, [path, sizeClass]]));
  }

  #change(config: unknown, classes: ReadonlyMap<string, SizeClass>, staged?: StagedTables): void {
    const compiled = this.#compile(config, classes);
    const present = this.#present;
    if (present !== undefined && isSame(present.compiled, compiled)) {
      staged?.commit(present.tables, this.#options.plane.maps).flip();
      this.#present = { ...present, config };
      return;
    }
    this.#replace({ config, compiled }, classes, staged);
    present?.programs[Symbol.dispose]();
  }

  /** Steps that can fail, each with what takes it back; then steps that cannot. */
  #replace(
    { config, compiled }: Pick<Present, 'config' | 'compiled'>,
    classes: ReadonlyMap<string, SizeClass>,
    staged?: StagedTables,
  ): void {
    const { plane } = this.#options;
    using undo = new DisposableStack();
    const maps = undo.use(plane.stageMaps(compiled.maps));
    this.#prime(maps, classes);
    const programs = undo.use(this.#load(compiled, maps));
    maps.install();
    const before = this.#classes;
    this.#classes = classes;
    undo.defer(() => {
      this.#classes = before;
    });
    const tables = this.#present?.tables ?? this.#firstTables();
    const commit = staged?.commit(tables, plane.maps);
    if (commit !== undefined) undo.defer(() => commit.undo());
    plane.attach(programs);
    undo.move();
    commit?.flip();
    maps.commit();
    this.#present = { config, compiled, programs, tables };
  }

  #compile(config: unknown, classifiers: ReadonlyMap<string, SizeClass>): CompiledFunction {
    const { plane, imported, port, seed, key } = this.#options;
    const ports = [{ name: port, ifindex: plane.ifindex }];
    const target = {
      clock: 'kernel',
      cpus: plane.cpus,
      ports,
      classifiers,
      seed,
      key,
      checksumState: skbChecksumState(),
    } as const;
    return compileFunction(imported, { config, target });
  }

  #load(compiled: CompiledFunction, maps: StagedMaps): LoadedPrograms {
    try {
      return this.#options.plane.load(compiled.programs, maps);
    } catch (error) {
      if (!(error instanceof ProgramRejectedError)) throw error;
      const refusal = verifierRejection(this.#options.imported, error.program.compiled, error.rejection);
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

  #firstTables(): LiveTableSet {
    const { plan, plane, port, seconds } = this.#options;
    new InstanceState(plane.maps).seconds = seconds();
    const sizeClasses = {
      get: (path: string) => fixedSizeClasses(this.#classes).get(path),
      grow: (path: string, sizeClass: SizeClass) => this.#grow(path, sizeClass),
    };
    return runningTables(plan, plane.maps, { ports: [port], sizeClasses });
  }
}

/** The same programs with the same maps: only tables can differ. */
function isSame(a: CompiledFunction, b: CompiledFunction): boolean {
  if (JSON.stringify(a.maps) !== JSON.stringify(b.maps)) return false;
  return a.programs.every(({ compiled }, index) => {
    const other = b.programs[index]?.compiled.spec;
    if (other === undefined || JSON.stringify(other.relocations) !== JSON.stringify(compiled.spec.relocations))
      return false;
    return Buffer.compare(other.code, compiled.spec.code) === 0;
  });
}
