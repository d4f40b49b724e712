import type { SizeClass } from '@twinpath/classifier';
import { ConfigReads } from '@twinpath/compiler/run';
import { type MapSpec, skbChecksumState } from '@twinpath/ebpf';
import type { Placement } from '@twinpath/vnf/chain';
import type { CompileRequest, FunctionCompiler, PlaceProgram } from '../compile/function-compiler.ts';
import type { ProgramRejectedError } from '../data-plane.ts';
import type { InstancePlaces, InstancePlane } from '../instance-plane.ts';

export interface PlaceProgramsOptions {
  readonly plane: Pick<InstancePlane, 'cpus' | 'cpuNumbers'>;
  readonly compiler: FunctionCompiler;
  /** Of `hash`. */
  readonly seed: number;
  /** The mark of the slow path's packets. */
  readonly key: number;
}

export interface Made {
  readonly programs: readonly PlaceProgram[];
  readonly maps: readonly MapSpec[];
}

interface Kept {
  readonly program: PlaceProgram;
  /** What it was made of. */
  readonly reads: ConfigReads;
}

/** What programs are made of, besides their places. */
interface Given {
  readonly config: unknown;
  readonly classes: ReadonlyMap<string, SizeClass>;
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
  compile(places: InstancePlaces, { config, classes }: Given): Made {
    const { placements, ports, reasons = {}, fuses = [], specialise = false } = places;
    const given = JSON.stringify([[...classes], ports, reasons, specialise, fuses.length > 0]);
    const wanted = new Map(placements.map((placement) => [JSON.stringify(placement), placement] as const));
    const made = new Map(
      [...this.#made].filter(
        ([place, { reads }]) => given === this.#given && wanted.has(place) && reads.isSame(config),
      ),
    );
    // Which tables have a front depends on all programs over them.
    if (specialise && [...wanted.keys()].some((place) => !made.has(place))) made.clear();
    const missing = [...wanted].filter(([place]) => !made.has(place));
    if (missing.length > 0 || given !== this.#given) {
      const fresh = missing.map(([, placement]) => placement);
      const compiled = this.#options.compiler.compile(
        this.#request({ ...places, placements: fresh }, { config, classes }),
      );
      const reads = new ConfigReads(config, compiled.reads);
      missing.forEach(([place], index) => {
        const program = compiled.programs[index];
        if (program !== undefined) made.set(place, { program, reads });
      });
      this.#maps = compiled.maps;
    }
    [this.#given, this.#made] = [given, made];
    return { programs: [...wanted.keys()].flatMap((place) => made.get(place)?.program ?? []), maps: this.#maps };
  }

  /** At the line that the author wrote. */
  rejected(places: InstancePlaces, given: Given, { program, rejection }: ProgramRejectedError): Error {
    const isRejected = ({ position }: Placement) => position === program.position;
    const others = places.specialise ? places.placements.filter((one) => !isRejected(one)) : [];
    const placements = [...places.placements.filter(isRejected), ...others];
    const { summary, slot } = rejection;
    return this.#options.compiler.rejected(this.#request({ ...places, placements }, given), { summary, slot });
  }

  #request(
    { placements, ports, reasons, fuses = [], specialise = false }: InstancePlaces,
    { config, classes }: Given,
  ): CompileRequest {
    const { plane, seed, key } = this.#options;
    const { cpus, cpuNumbers } = plane;
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
    } as const;
    return { placements, config, target, notesWrites: fuses.length > 0, specialise, ...(reasons && { reasons }) };
  }
}
