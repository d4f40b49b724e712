// What took long to make, by all that it was made of: in memory, and for later processes in files.

import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { Latest } from '../latest.ts';
import { entryNamed, readEntry, warn, writeEntry } from './cache-files.ts';

const DIGEST_BYTES = 32;

export const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

export class Kept<T> {
  /** Extension of its files. */
  readonly #kind: string;
  readonly #inMemory: Latest<T>;

  constructor(kind: string, mostInMemory: number) {
    this.#kind = kind;
    this.#inMemory = new Latest(mostInMemory);
  }

  /** `from`: plain data. */
  once(from: unknown, make: () => T): T {
    const key = digestOf(serialize(from)).toString('hex');
    return this.#inMemory.once(key, () => this.#stored(key) ?? this.#store(key, make()));
  }

  #entry(key: string): string {
    return entryNamed(`${key}.${this.#kind}`);
  }

  #store(key: string, made: T): T {
    writeEntry(this.#entry(key), () => {
      const content = serialize(made);
      return Buffer.concat([digestOf(content), content]);
    });
    return made;
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
