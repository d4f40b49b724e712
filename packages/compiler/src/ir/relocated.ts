import type { Numbers } from './types.ts';

/** Names numbers by their kind and by which of its kind's they are. So programs that differ in the numbers alone have the same names,
 *  and a number that stands in two places is known to be one. */
export class RelocatedNumbers {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #numbers: Record<string, bigint> = {};

  nameOf(kind: string, number: bigint): string {
    const key = `${kind} ${number}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const count = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, count + 1);
    const name = `${kind} #${count}`;
    this.#names.set(key, name);
    this.#numbers[name] = number;
    return name;
  }

  get all(): Numbers {
    return this.#numbers;
  }
}

/** Kinds of numbers from a configuration begin with it; the path of the number follows. */
export const CONFIGURED = 'config ';

/** What `RelocatedNumbers` was asked. */
export const kindOf = (name: string): string => name.slice(0, name.lastIndexOf(' #'));
