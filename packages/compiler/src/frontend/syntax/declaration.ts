// A variable of a function of the author's.

export interface Declaration {
  /** Unique in the whole compilation: the key of the path's scope. */
  readonly key: string;
  readonly name: string;
  readonly constant: boolean;
  /** Offset behind which no code that may still run refers to it: the last reference; or the end of the
   *  loop around that, as a fraction behind its last character, because the loop's body ends there too. */
  lastUse: number;
}
