// Rings of one producer and one consumer in linear memory, as AF_XDP lays them out: two counters that run freely, and a
// power of two of entries. On the other side is the kernel, or another thread.

/** Byte addresses in linear memory. */
export interface RingPlace {
  readonly producer: number;
  readonly consumer: number;
  /** Bit 0: the kernel wants to be woken. */
  readonly flags: number;
  readonly entries: number;
  /** How many; a power of two. */
  readonly size: number;
}

/** `rx` and `tx` hold { u64 offset, u32 length, u32 options }, the others u64 offsets, all from the pool's start. */
export interface RingPlaces {
  readonly rx: RingPlace;
  readonly tx: RingPlace;
  readonly fill: RingPlace;
  readonly completion: RingPlace;
}

/** Words of an entry, as a power of two. */
export const DESCRIPTOR = 2;
export const OFFSET = 1;

const NEED_WAKEUP = 1;

abstract class Ring {
  protected readonly words: Int32Array;
  protected readonly producer: number;
  protected readonly consumer: number;
  readonly size: number;
  /** Address of the entries, in bytes. */
  readonly entries: number;
  /** Entries less one. */
  readonly mask: number;
  readonly #flags: number;
  readonly #shift: number;

  constructor(words: Int32Array, place: RingPlace, shift: number) {
    this.words = words;
    this.producer = place.producer >>> 2;
    this.consumer = place.consumer >>> 2;
    this.size = place.size;
    this.#flags = place.flags >>> 2;
    this.entries = place.entries;
    this.mask = place.size - 1;
    this.#shift = shift;
  }

  get needsWakeup(): boolean {
    return (Atomics.load(this.words, this.#flags) & NEED_WAKEUP) !== 0;
  }

  /** Word of the entry that has this number. */
  protected at(number: number): number {
    return (this.entries >>> 2) + ((number & this.mask) << this.#shift);
  }
}

export class Producer extends Ring {
  /** Entries written so far, and what the consumer had taken when it was asked last. */
  #head: number;
  #taken: number;

  constructor(words: Int32Array, place: RingPlace, shift: number) {
    super(words, place, shift);
    this.#head = Atomics.load(words, this.producer);
    this.#taken = Atomics.load(words, this.consumer);
  }

  /** Entries that can be written. */
  room(): number {
    this.#taken = Atomics.load(this.words, this.consumer);
    return this.size - ((this.#head - this.#taken) | 0);
  }

  /** Whether one more can be written; asks the consumer only if it seems not. */
  hasRoom(): boolean {
    return ((this.#head - this.#taken) | 0) < this.size || this.room() > 0;
  }

  /** How many of so many can be written; asks the consumer only if it seems not to be all. */
  roomFor(most: number): number {
    const known = this.size - ((this.#head - this.#taken) | 0);
    return known >= most ? most : Math.min(most, this.room());
  }

  /** Published, and not taken by the consumer. */
  get waiting(): number {
    return (Atomics.load(this.words, this.producer) - Atomics.load(this.words, this.consumer)) | 0;
  }

  /** Word of the next entry, which the caller fills; there must be room. */
  next(): number {
    return this.at(this.#head++);
  }

  /** Number of the next entry, and of what follows when so many were written. */
  get head(): number {
    return this.#head;
  }
  advance(count: number): void {
    this.#head = (this.#head + count) | 0;
  }

  /** What was written is the consumer's from now on. */
  publish(): void {
    Atomics.store(this.words, this.producer, this.#head);
  }
}

export class Consumer extends Ring {
  #tail: number;

  constructor(words: Int32Array, place: RingPlace, shift: number) {
    super(words, place, shift);
    this.#tail = Atomics.load(words, this.consumer);
  }

  available(): number {
    return (Atomics.load(this.words, this.producer) - this.#tail) | 0;
  }

  /** Number of the next entry, and of what follows when so many were read. */
  get tail(): number {
    return this.#tail;
  }
  advance(count: number): void {
    this.#tail = (this.#tail + count) | 0;
  }

  /** Word of the next entry; there must be one. */
  next(): number {
    return this.at(this.#tail++);
  }

  /** What was read can be written again. */
  release(): void {
    Atomics.store(this.words, this.consumer, this.#tail);
  }
}
