import { FRONT } from '@twinpath/compiler/abi';

/** Around every write to a table that has a front: what was made before it begins is not believed any more. */
export class WriteGuard {
  readonly #words: BigUint64Array;

  constructor(front: Uint8Array) {
    this.#words = new BigUint64Array(front.buffer, front.byteOffset, FRONT.samples / 8);
  }

  around<T>(write: () => T): T {
    Atomics.add(this.#words, FRONT.begun / 8, 1n);
    try {
      return write();
    } finally {
      Atomics.add(this.#words, FRONT.done / 8, 1n);
    }
  }
}
