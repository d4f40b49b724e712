/** The engine's memory as JavaScript sees it. It never grows, so the views stay valid. */
export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #words: Int32Array;
  /** Word that tells which lock this thread holds. */
  readonly #held: number;
  readonly shared: boolean;

  /** `held`: address of the u32 that tells which lock this thread holds, for whoever cleans up behind it. */
  constructor(memory: WebAssembly.Memory, held: number) {
    this.memory = memory;
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    this.#held = held / 4;
    this.shared = !(memory.buffer instanceof ArrayBuffer);
  }

  get pages(): number {
    return this.bytes.length / 65536;
  }

  getU32(address: number): number {
    return this.view.getUint32(address, true);
  }

  setU32(address: number, value: number): void {
    this.view.setUint32(address, value, true);
  }

  /** A copy. */
  read(address: number, length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.bytes.subarray(address, address + length));
  }

  write(address: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, address);
  }

  /** Runs `body` while holding the lock at `address`, which programs on other threads take too. */
  locked<T>(address: number, body: () => T): T {
    const word = address / 4;
    if (!this.shared) return body();
    while (Atomics.compareExchange(this.#words, word, 0, 1) !== 0);
    this.#words[this.#held] = address;
    try {
      return body();
    } finally {
      this.#words[this.#held] = 0;
      Atomics.store(this.#words, word, 0);
    }
  }
}
