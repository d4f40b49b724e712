import type { SizeClass } from '@twinpath/classifier';
import { ConfigReads, compileFunction, type FunctionProgram, type ImportedVnf, placeChoice } from '@twinpath/compiler';
import { type MapSpec, skbChecksumState } from '@twinpath/ebpf';
import type { InstancePlaces, InstancePlane } from '../instance-plane.ts';

export interface PlaceProgramsOptions {
  readonly plane: Pick<InstancePlane, 'cpus' | 'cpuNumbers'>;
  readonly imported: ImportedVnf;
  /** Of `hash`. */
  readonly seed: number;
  /** The mark of the slow path's packets. */
  readonly key: number;
}

export interface Made {
  readonly programs: readonly FunctionProgram[];
  readonly maps: readonly MapSpec[];
}

interface Kept {
  readonly program: FunctionProgram;
  /** What it was made of. */
  readonly reads: ConfigReads;
}

/** Compiles a function for its places, each place once for as long as what it is compiled with is the same. */
export class PlacePrograms {
  readonly #options: PlaceProgramsOptions;
  /** What all programs depend on, besides the configuration. */
  #given = '';
  #maps: readonly MapSpec[] = [];
  /** By place. */
  #made = new Map<string, Kept>();

  constructor(options: PlaceProgramsOptions) {
    this.#options = options;
  }

  /** @throws CompileError */
  compile(
    { placements, ports, reasons = {}, fuses = [], specialise = false }: InstancePlaces,
    { config, classes }: { readonly config: unknown; readonly classes: ReadonlyMap<string, SizeClass> },
  ): Made {
    const notesWrites = fuses.length > 0;
    const given = JSON.stringify([[...classes], ports, reasons, specialise, notesWrites]);
    const wanted = new Map(placements.map((placement) => [JSON.stringify(placement), placeChoice(placement)] as const));
    const made = new Map(
      [...this.#made].filter(
        ([place, { reads }]) => given === this.#given && wanted.has(place) && reads.isSame(config),
      ),
    );
    const missing = [...wanted].filter(([place]) => !made.has(place));
    if (missing.length > 0 || given !== this.#given) {
      const { cpus, cpuNumbers } = this.#options.plane;
      const { imported, seed, key } = this.#options;
      const checksumState = skbChecksumState();
      const target = {
        clock: 'kernel',
        cpus,
        cpuNumbers,
        ports,
        classifiers: classes,
        seed,
        key,
        checksumState,
        specialise,
      } as const;
      const programs = missing.map(([, choice]) => choice);
      const reads = new ConfigReads(config);
      const compiled = compileFunction(imported, { config: reads.config, target, programs, reasons, notesWrites });
      missing.forEach(([place], index) => {
        const program = compiled.programs[index];
        if (program !== undefined) made.set(place, { program, reads });
      });
      this.#maps = compiled.maps;
    }
    [this.#given, this.#made] = [given, made];
    return { programs: [...wanted.keys()].flatMap((place) => made.get(place)?.program ?? []), maps: this.#maps };
  }
}
