// One table of a function whose bytes another version of it reads otherwise: entries are decoded as they were, upgraded step by
// step as their author declares, and encoded as they are to be.

import type { Shape } from '@twinpath/vnf';
import { codec, decodeCopies, layoutOf, mergeCopies } from '@twinpath/vnf/layout';
import type { TablePlan } from '@twinpath/vnf/plan';
import type { MigrationSpec } from '@twinpath/vnf/spec';
import type { StoredEntry } from '../tables/instance-maps.ts';
import { TableCodec } from '../tables/table-codec.ts';
import { differenceOf, fieldMarks, type TableMarks } from './function-marks.ts';
import { LayoutChangedError } from './layout-changed-error.ts';

export interface MigrationOptions {
  readonly functionName: string;
  readonly plan: TablePlan;
  readonly was: TableMarks;
  readonly is: TableMarks;
  readonly cpus: number;
  readonly ports: readonly string[];
}

type Kept = Extract<TablePlan['spec'], { readonly migrate: unknown }>;

/** Tables that hold what nobody could make again. Rules come from `configure`; tallies begin again at zero. */
export function isKept(spec: TablePlan['spec']): spec is Kept {
  return 'migrate' in spec;
}

export class Migration {
  readonly plan: TablePlan;
  readonly #options: MigrationOptions;
  readonly #steps: readonly MigrationSpec[];
  readonly #codec: TableCodec;
  readonly #before: ReturnType<typeof codec>;

  /** @throws LayoutChangedError where no declared way leads from the old layout to this one. */
  constructor(options: MigrationOptions, spec: Kept) {
    const { plan, was, is, cpus, ports } = options;
    this.plan = plan;
    this.#options = options;
    const key = differenceOf(was.key, is.key);
    if (key !== undefined) {
      throw this.#refusal(
        `its key has changed, ${key}`,
        'give the table another name, or the function another place in the chain',
      );
    }
    this.#steps = this.#stepsFrom(spec);
    const [first] = this.#steps;
    const shape: Shape = first?.was ?? spec.value;
    this.#before = codec({ ...layoutOf(shape), size: was.valueSize }, { ports });
    this.#codec = new TableCodec(plan, { cpus, ports });
  }

  /** Entries as they are to be, of those that stay. @throws what an upgrade throws, with the table named. */
  *entries(store: { entries(): Iterable<StoredEntry> }, seconds: number): Generator<StoredEntry> {
    for (const [key, stored] of store.entries()) {
      const value = this.#upgraded(stored);
      if (value !== undefined) yield [key, this.#codec.encodeValue(value, seconds)];
    }
  }

  #stepsFrom({ layoutVersion, migrate }: Kept): readonly MigrationSpec[] {
    const { was, is } = this.#options;
    const steps: MigrationSpec[] = [];
    let present = was.value;
    for (let version = was.version; version < layoutVersion; version++) {
      const step = migrate.find(({ from }) => from === version);
      if (step === undefined) {
        throw this.#refusal(
          `nothing is declared that leads on from version ${version} of its layout${inWhich(present, is.value)}`,
          `declare \`migrate: [migration({ from: ${version}, … })]\``,
        );
      }
      const declared = fieldMarks(layoutOf(step.was));
      const difference = steps.length === 0 ? differenceOf(present, declared) : undefined;
      if (difference !== undefined) {
        throw this.#refusal(`its migration from ${version} takes other values: ${difference}`, 'correct `was`');
      }
      present = fieldMarks(layoutOf(step.becomes));
      steps.push(step);
    }
    const rest = differenceOf(present, is.value);
    if (rest === undefined && was.version <= layoutVersion) return steps;
    if (was.version > layoutVersion) {
      throw this.#refusal(
        `it has version ${was.version} of its layout, this is ${layoutVersion}`,
        'start the newer version',
      );
    }
    throw this.#refusal(
      rest ?? '',
      'raise `layoutVersion`, and declare by `migrate` how entries become those of today',
    );
  }

  #upgraded(stored: Uint8Array): unknown {
    const { was } = this.#options;
    const before = was.perCpu
      ? mergeCopies(this.#before, decodeCopies(this.#before, stored))
      : this.#before.decode(stored);
    let value: unknown = before;
    for (const step of this.#steps) {
      if (value === undefined) return undefined;
      value = step.upgrade(value);
    }
    return value;
  }

  #refusal(why: string, hint: string): LayoutChangedError {
    return new LayoutChangedError(this.#options.functionName, this.plan.path, why, hint);
  }
}

function inWhich(before: TableMarks['value'], after: TableMarks['value']): string {
  const difference = differenceOf(before, after);
  return difference === undefined ? '' : ` (${difference})`;
}
