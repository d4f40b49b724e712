import type { Generation, TablePlan } from '@twinpath/vnf/plan';
import type { ArrayTable } from './array-table.ts';
import type { InstanceMaps, StoredEntry } from './instance-maps.ts';
import type { KeyedTable } from './keyed-table.ts';
import type { Place } from './place.ts';
import type { Prepared, RuleSet, SwitchedMember } from './rule-set.ts';
import { familyMaps } from './table-codec.ts';
import { replaceEntries } from './write-all.ts';

type Contents = readonly (readonly StoredEntry[])[];

/** The maps of a table, lpm or array in a rule set. */
export class SwitchedMaps implements SwitchedMember {
  readonly path: string;
  readonly #plan: TablePlan;
  readonly #maps: InstanceMaps;
  readonly #ruleSet: RuleSet;
  #encode: ((contents: unknown) => Contents) | undefined;

  constructor(plan: TablePlan, maps: InstanceMaps, ruleSet: RuleSet) {
    this.path = plan.path;
    this.#plan = plan;
    this.#maps = maps;
    this.#ruleSet = ruleSet;
    ruleSet.add(this);
  }

  get place(): Place {
    return {
      stores: () => this.#stores(this.#ruleSet.current),
      writable: () => this.#stores(this.#ruleSet.writable()),
      replace: (contents) => this.#ruleSet.replace(new Map([[this, this.#prepared(contents)]])),
    };
  }

  /** Who knows what contents look like: made after the maps, because it stands on them. */
  encodeWith(table: KeyedTable | ArrayTable): void {
    this.#encode = (contents) => {
      if (!isIterable(contents)) throw new TypeError(`the contents of ${this.path} are no list`);
      if ('codec' in table) return table.encodeAll(pairs(contents, this.path));
      return [table.encodeAll(contents)];
    };
  }

  prepare(contents: unknown): Prepared {
    if (this.#encode === undefined) throw new Error(`nobody knows how to encode ${this.path}`);
    return this.#prepared(this.#encode(contents));
  }

  copy(from: Generation, to: Generation): void {
    this.#fill(
      to,
      this.#stores(from).map((store) => [...store.entries()]),
    );
  }

  prepareFrom(other: SwitchedMember): Prepared {
    if (!(other instanceof SwitchedMaps)) throw new TypeError(`${this.path} is a table`);
    return this.#prepared(other.place.stores().map((store) => [...store.entries()]));
  }

  #prepared(contents: Contents): Prepared {
    return { fill: (generation) => this.#fill(generation, contents), done: () => {} };
  }

  #fill(generation: Generation, contents: Contents): void {
    for (const [index, store] of this.#stores(generation).entries()) replaceEntries(store, contents[index] ?? []);
  }

  #stores(generation: Generation) {
    return familyMaps(this.#plan, generation).map(({ name }) => this.#maps.store(name));
  }
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** @throws TypeError for what is no list of pairs. */
export function* pairs(contents: Iterable<unknown>, path: string): Generator<readonly [unknown, unknown]> {
  for (const entry of contents) {
    if (!Array.isArray(entry) || entry.length !== 2)
      throw new TypeError(`the contents of ${path} are pairs [key, value]`);
    yield [entry[0], entry[1]];
  }
}
