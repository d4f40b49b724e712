import { FRONT, STATE } from '@twinpath/compiler/abi';

/** Around every write to a map. */
export interface Guard {
  around<T>(write: () => T): T;
}

/** Says that tables have changed to programs that remember what was in them (`STATE.writes`). */
export class WriteNote implements Guard {
  readonly #words: BigUint64Array;

  constructor(state: Uint8Array) {
    this.#words = new BigUint64Array(state.buffer, state.byteOffset, STATE.size / 8);
  }

  note(): void {
    Atomics.add(this.#words, STATE.writes / 8, 1n);
  }

  around<T>(write: () => T): T {
    try {
      return write();
    } finally {
      this.note();
    }
  }
}

/** Around every write to a table that has a front: what was made before it begins is not believed any more. */
export class WriteGuard implements Guard {
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
