// What took long to make, by all that it was made of: in memory, and for later processes in files.

import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { entryNamed, readEntry, warn, writeEntry } from './cache-files.ts';

const DIGEST_BYTES = 32;

export const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

export class Kept<T> {
  /** Extension of its files. */
  readonly #kind: string;
  readonly #mostInMemory: number;
  readonly #inMemory = new Map<string, T>();

  constructor(kind: string, mostInMemory: number) {
    this.#kind = kind;
    this.#mostInMemory = mostInMemory;
  }

  /** `from`: plain data. */
  once(from: unknown, make: () => T): T {
    const key = digestOf(serialize(from)).toString('hex');
    const known = this.#inMemory.get(key) ?? this.#stored(key);
    const made = known ?? make();
    this.#remember(key, made);
    if (known === undefined) this.#store(key, made);
    return made;
  }

  /** The one that was asked for last stays longest. */
  #remember(key: string, made: T): void {
    this.#inMemory.delete(key);
    this.#inMemory.set(key, made);
    const [oldest] = this.#inMemory.keys();
    if (this.#inMemory.size > this.#mostInMemory && oldest !== undefined) this.#inMemory.delete(oldest);
  }

  #entry(key: string): string {
    return entryNamed(`${key}.${this.#kind}`);
  }

  #store(key: string, made: T): void {
    writeEntry(this.#entry(key), () => {
      const content = serialize(made);
      return Buffer.concat([digestOf(content), content]);
    });
  }

  #stored(key: string): T | undefined {
    const file = this.#entry(key);
    const entry = readEntry(file);
    if (entry === undefined) return undefined;
    const content = entry.subarray(DIGEST_BYTES);
    if (!digestOf(content).equals(entry.subarray(0, DIGEST_BYTES))) {
      warn(`${file} is damaged and was not used`, 'its digest is another');
      return undefined;
    }
    // What has this digest was written by this version of this module: the key has the compiler's files in it.
    const made: T = deserialize(content);
    return made;
  }
}
