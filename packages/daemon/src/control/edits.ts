// Documents, and what is written to them.
import type { Documents } from '../store/store.ts';

/** Documents by name; `undefined`: not wanted any more. */
export type Writes = ReadonlyMap<string, unknown>;

/** What makes `wanted` of `documents`. */
export function writesTo(wanted: Documents, documents: Documents): Writes {
  const names = new Set([...documents.keys(), ...wanted.keys()]);
  return new Map([...names].map((name) => [name, wanted.get(name)?.value]));
}

/** Those that are not there already. */
export function changed(documents: Documents, writes: Writes): Writes {
  const text = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));
  return new Map([...writes].filter(([name, value]) => text(documents.get(name)?.value) !== text(value)));
}

export function written(documents: Documents, writes: Writes, revision: number): Documents {
  const after = new Map(documents);
  for (const [name, value] of writes) {
    if (value === undefined) after.delete(name);
    else after.set(name, { value, revision });
  }
  return after;
}

/** The same objects where documents are the same: comparing them costs nothing then. */
export function kept(before: Documents, after: Documents): Documents {
  return new Map(
    [...after].map(([name, document]) => {
      const present = before.get(name);
      return [name, present?.revision === document.revision ? present : document];
    }),
  );
}
