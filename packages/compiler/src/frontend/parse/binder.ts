// Which declaration a name means, and how long it is still needed.

import { type Declaration, newKey } from '../syntax/declaration.ts';

interface Bound {
  readonly declaration: Declaration;
  /** How many loops are around the declaration. */
  readonly loops: number;
}

/** The names in sight while one function is read. */
export class Binder {
  readonly declarations: Declaration[] = [];
  readonly #blocks: Map<string, Bound>[] = [];
  /** Where the loops around the present place end. */
  readonly #loopEnds: number[] = [];

  /** Reads a block: what it declares is in sight in all of it. Gives the declarations too. */
  inBlock<T>(read: () => T): { readonly result: T; readonly declarations: readonly Declaration[] } {
    const block = new Map<string, Bound>();
    this.#blocks.push(block);
    const result = read();
    this.#blocks.pop();
    return { result, declarations: [...block.values()].map(({ declaration }) => declaration) };
  }

  /** Reads what a loop repeats. `until`: behind the loop's end, and behind that of a loop in it that ends with it. */
  inLoop<T extends object>(end: number, read: () => T): T & { readonly until: number } {
    const until = end + 0.5 ** (this.#loopEnds.length + 1);
    this.#loopEnds.push(until);
    const result = read();
    this.#loopEnds.pop();
    return { ...result, until };
  }

  /** Declares a name in the innermost block; a second time is the same declaration (hoisted before). */
  declare(name: string, at: number, constant: boolean): Declaration {
    const block = this.#blocks.at(-1);
    const known = block?.get(name);
    if (known !== undefined) return known.declaration;
    const declaration = { key: newKey(name), name, constant, lastUse: at };
    block?.set(name, { declaration, loops: this.#loopEnds.length });
    this.declarations.push(declaration);
    return declaration;
  }

  /** `undefined`: no variable of the function. `end`: where the reference ends. */
  resolve(name: string, end: number): Declaration | undefined {
    const bound = this.#blocks.findLast((block) => block.has(name))?.get(name);
    if (bound === undefined) return undefined;
    // Inside a loop that the declaration is not in, the variable is needed until the loop has ended.
    const until = this.#loopEnds[bound.loops] ?? end;
    bound.declaration.lastUse = Math.max(bound.declaration.lastUse, until);
    return bound.declaration;
  }
}
