import type { SizeClass } from '@twinpath/classifier';
import {
  type CompiledFunction,
  type CompileFunctionOptions,
  compileFunction,
  type ImportedVnf,
  type LoweredFunction,
  lowerPrograms,
  type ProgramChoice,
} from '@twinpath/compiler';
import { type SkbChecksumState, skbChecksumState } from '@twinpath/ebpf';
import type { TestPort } from './executor.ts';

export interface Constants {
  readonly config: unknown;
  readonly classifiers: ReadonlyMap<string, SizeClass>;
  readonly ports: readonly TestPort[];
}

/** Where packets that enter meet a function, as chains say it. */
export type EntryHook = 'xdp' | 'tcx';

/** One seed for all tests, so that what depends on hashes is the same in each run. */
const SEED = 0x7a51_9e03;
const KEY = 0x5477_696e;
/** The evaluator's packets have finished checksums, wherever a kernel keeps that. */
const NO_KERNEL: SkbChecksumState = { byte: 0, shift: 0 };

/** Events are read behind each packet: what a function lets wait is memory that each of its tests would fill with zeros. */
const EVENT_BYTES = 1 << 20;

/** A function's programs. Those whose constants are the same are made once. */
export class Programs {
  readonly imported: ImportedVnf;
  readonly #entering: ProgramChoice;
  readonly #lowered = new Map<string, LoweredFunction>();
  readonly #compiled = new Map<string, CompiledFunction>();

  /** `hook`: where packets enter. */
  constructor(imported: ImportedVnf, hook: EntryHook = 'xdp') {
    this.imported = imported;
    this.#entering = { hook: hook === 'xdp' ? 'xdp' : 'tcx-ingress' };
  }

  /** For the evaluator. @throws CompileError */
  lower(constants: Constants): LoweredFunction {
    return remembered(this.#lowered, constants, () =>
      lowerPrograms(this.imported, this.#options(constants, NO_KERNEL)),
    );
  }

  /** For the kernel. @throws CompileError, CodeGenerationError */
  compile(constants: Constants): CompiledFunction {
    return remembered(this.#compiled, constants, () =>
      compileFunction(this.imported, this.#options(constants, skbChecksumState())),
    );
  }

  #options(
    { config, classifiers, ports }: Constants,
    checksumState: SkbChecksumState | undefined,
  ): CompileFunctionOptions {
    const target = { clock: 'simulated', cpus: 1, seed: SEED, key: KEY, classifiers, ports, checksumState } as const;
    const leaving: ProgramChoice = { hook: 'tcx-egress' };
    const isTransparent = this.imported.spec.ports.kind === 'transparent';
    return {
      config,
      target,
      programs: isTransparent ? [this.#entering, leaving] : [this.#entering],
      eventBytes: EVENT_BYTES,
    };
  }
}

function remembered<T>(made: Map<string, T>, { config, classifiers }: Constants, make: () => T): T {
  const key = JSON.stringify([withoutLists(config), [...classifiers]]);
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}

/** Lists are no constants of a fast path: they go into tables. */
function withoutLists(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => !Array.isArray(member));
  return Object.fromEntries(entries.map(([name, member]) => [name, withoutLists(member)]));
}
