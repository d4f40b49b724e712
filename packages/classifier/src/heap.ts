/** Words of 64 bits that grow at the end; written as halves, because BigInt is slow. */
export class Heap {
  #words = new Uint32Array(2 * 8192);
  #length = 0;

  /** In words of 64 bits. */
  get length(): number {
    return this.#length;
  }

  /** Zeros. @returns the position of the first word. */
  allocate(words: number): number {
    const at = this.#length;
    this.#length += words;
    while (this.#length * 2 > this.#words.length) this.#grow();
    return at;
  }

  /** As `allocate`, but each word is this one. */
  allocateFilled(words: number, low: number, high: number): number {
    const at = this.allocate(words);
    for (let word = at; word < at + words; word++) this.set(word, low, high);
    return at;
  }

  align(words: number): void {
    this.allocate((words - (this.#length % words)) % words);
  }

  set(word: number, low: number, high: number): void {
    this.#words[2 * word] = low;
    this.#words[2 * word + 1] = high;
  }

  /** Several words, as halves. */
  write(word: number, halves: Uint32Array): void {
    this.#words.set(halves, 2 * word);
  }

  copy(from: number, to: number): void {
    this.#words.copyWithin(2 * to, 2 * from, 2 * from + 2);
  }

  /** Both halves of all words written so far, without copying; valid until the heap grows. */
  get halves(): Uint32Array<ArrayBuffer> {
    return this.#words.subarray(0, 2 * this.#length);
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
  }
}
