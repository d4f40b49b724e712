// A variable of a function of the author's.

/** Numbers declarations through all modules of the process. */
let declared = 0;

/** A key that no other declaration has. */
export const newKey = (name: string): string => `${name} ${declared++}`;

export interface Declaration {
  /** Unique in the whole compilation: the key of the path's scope. */
  readonly key: string;
  readonly name: string;
  readonly constant: boolean;
  /** Offset behind which no code that may still run refers to it: the last reference; or the end of the
   *  loop around that, as a fraction behind its last character, because the loop's body ends there too. */
  lastUse: number;
}
