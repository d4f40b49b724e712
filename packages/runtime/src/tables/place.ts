import type { MapStore } from '@twinpath/compiler';
import type { TablePlan } from '@twinpath/vnf/plan';
import type { InstanceMaps, StoredEntry } from './instance-maps.ts';
import { familyMaps } from './table-codec.ts';
import { replaceEntries } from './write-all.ts';

/** Where the entries of a table are at the moment: a map for each family. */
export interface Place {
  /** What packets see. */
  stores(): readonly MapStore[];
  /** What changes to single entries go into. */
  writable(): readonly MapStore[];
  /** New contents, for each family. */
  replace(contents: readonly (readonly StoredEntry[])[]): void;
}

/** Of a table that belongs to no rule set: one generation, changed in place. */
export function plainPlace(plan: TablePlan, maps: InstanceMaps): Place {
  const names = familyMaps(plan).map(({ name }) => name);
  const stores = () => names.map((name) => maps.store(name));
  return {
    stores,
    writable: stores,
    replace(contents) {
      for (const [index, store] of stores().entries()) replaceEntries(store, contents[index] ?? []);
    },
  };
}
