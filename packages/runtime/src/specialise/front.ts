// Node's side of what stands in front of a table's map (compiler's abi/front.ts).
import { randomBytes } from 'node:crypto';
import { FRONT, FRONT_CONTROL, FRONT_SAMPLES, FRONT_SLOT_BITS, type FrontShape } from '@twinpath/compiler/abi';
import type { StoredEntry } from '../tables/instance-maps.ts';
import { layOut } from './layout.ts';

const SLOTS = 1 << FRONT_SLOT_BITS;
/** Index of a u64 in the header. */
const word = (offset: number): number => offset / 8;

export class Front {
  readonly #memory: Uint8Array;
  readonly #words: BigUint64Array;
  readonly #shape: FrontShape;
  readonly #graceMs: number;
  readonly #owner = randomBytes(8).readBigUInt64LE();
  /** When each buffer was left: packets may look into it for a while yet. */
  readonly #leftAt: [number, number];

  /** Closed, nothing is sampled, and who has made it before makes it no more. `graceMs`: for which a packet may look into a buffer that was left. */
  constructor(memory: Uint8Array, shape: FrontShape, graceMs: number) {
    this.#memory = memory;
    this.#words = new BigUint64Array(memory.buffer, memory.byteOffset, shape.size >> 3);
    this.#shape = shape;
    this.#graceMs = graceMs;
    Atomics.store(this.#words, word(FRONT.owner), this.#owner);
    Atomics.store(this.#words, word(FRONT.control), 0n);
    const now = performance.now();
    this.#leftAt = [now, now];
  }

  /** Nobody else makes it. */
  get isMine(): boolean {
    return Atomics.load(this.#words, word(FRONT.owner)) === this.#owner;
  }

  get isOpen(): boolean {
    return (this.#control & FRONT_CONTROL.open) !== 0n;
  }

  /** It holds what the table does: nobody has written since it was made. */
  get isValid(): boolean {
    return this.isOpen && this.#begun === Atomics.load(this.#words, word(FRONT.madeAt) + this.#current);
  }

  get isSampling(): boolean {
    return (this.#control & FRONT_CONTROL.sampling) !== 0n;
  }

  /** How many samples there are. */
  get sampled(): number {
    const count = Atomics.load(this.#words, word(FRONT.sampled));
    return count < BigInt(FRONT_SAMPLES) ? Number(count) : FRONT_SAMPLES;
  }

  startSampling(): void {
    Atomics.store(this.#words, word(FRONT.sampled), 0n);
    Atomics.or(this.#words, word(FRONT.control), FRONT_CONTROL.sampling);
  }

  /** Ends it. Keys, as a slot has them; one that was just being written may be none. */
  takeSamples(): readonly Uint8Array[] {
    const count = this.sampled;
    Atomics.and(this.#words, word(FRONT.control), ~FRONT_CONTROL.sampling);
    const { sampleSize, keySize } = this.#shape;
    return Array.from({ length: count }, (_, index) => {
      const at = FRONT.samples + index * sampleSize;
      return this.#memory.slice(at, at + keySize);
    });
  }

  /** Packets ask the map. */
  close(): void {
    if (this.isOpen) this.#turnTo(this.#control & FRONT_CONTROL.sampling);
  }

  /**
   * Puts entries in front, where `factor` leads their keys. `read` gives the entries as the table has them now; who writes while it does
   * makes the buffer useless.
   * @returns `false`: packets may look into the buffer yet, or somebody was writing: try again.
   */
  open(factor: bigint, read: () => readonly StoredEntry[]): boolean {
    const next = this.isOpen && this.#current === 0 ? 1 : 0;
    if (performance.now() - this.#leftAt[next] < this.#graceMs || !this.isMine) return false;
    // In this order: if all that had begun by the second look were done at the first, nobody was writing.
    const done = Atomics.load(this.#words, word(FRONT.done));
    const begun = this.#begun;
    if (done !== begun) return false;
    const size = SLOTS << this.#shape.slotShift;
    const start = this.#shape.slots + next * size;
    layOut(this.#memory.subarray(start, start + size), this.#shape, factor, read());
    Atomics.store(this.#words, word(FRONT.madeAt) + next, begun);
    if (!this.isMine) return false;
    const buffer = next === 0 ? 0n : FRONT_CONTROL.second;
    const sampling = this.#control & FRONT_CONTROL.sampling;
    this.#turnTo((factor & ~FRONT_CONTROL.all) | FRONT_CONTROL.open | buffer | sampling);
    return true;
  }

  #turnTo(control: bigint): void {
    const left = this.isOpen ? this.#current : undefined;
    Atomics.store(this.#words, word(FRONT.control), control);
    if (left !== undefined) this.#leftAt[left] = performance.now();
  }

  /** A writer that was killed between its two steps never ends. Nobody writes for as long as `waited` says. */
  forgetWriters(waited: { readonly begun: bigint; readonly done: bigint }): void {
    if (this.#begun !== waited.begun) return;
    Atomics.compareExchange(this.#words, word(FRONT.done), waited.done, waited.begun);
  }

  get writers(): { readonly begun: bigint; readonly done: bigint } {
    const done = Atomics.load(this.#words, word(FRONT.done));
    return { begun: this.#begun, done };
  }

  get #begun(): bigint {
    return Atomics.load(this.#words, word(FRONT.begun));
  }

  get #control(): bigint {
    return Atomics.load(this.#words, word(FRONT.control));
  }

  get #current(): 0 | 1 {
    return (this.#control & FRONT_CONTROL.second) === 0n ? 0 : 1;
  }
}
