import type { Random } from '../random.ts';
import type { NumberText, Text } from './text.ts';

/** A variable that statements assign to. Values are reduced to its range. */
export interface Variable {
  readonly name: string;
  readonly reduce: 'modulo' | 'word';
}

/** A field of the table entry in sight. */
export interface Field {
  readonly name: string;
  readonly bits: 8 | 16 | 32 | 64;
}

/** What may be named at a place of the source. Blocks copy it. */
export interface Scope {
  readonly numbers: readonly NumberText[];
  readonly flags: readonly Text[];
  readonly variables: readonly Variable[];
  /** Names of boolean variables. */
  readonly switches: readonly string[];
  /** The entry that `if` has proven, by name, with its number fields. Table calls would end its life. */
  readonly entry:
    | { readonly name: string; readonly table: 'flows' | 'sums' | 'cells'; readonly fields: readonly Field[] }
    | undefined;
  readonly depth: number;
  readonly inLoop: boolean;
}

/** A source while it is made up. */
export interface Writing {
  readonly random: Random;
  /** A name that was not used before. */
  readonly fresh: (prefix: string) => string;
  /** Statements that may still be made. */
  budget: number;
}
