import { type Fd, type FdPoll, MappedMemory, pageSize, pollFd } from '@twinpath/linux';
import type { BpfMap } from './maps/map.ts';

// Record in a ring buffer, kernel/bpf/ringbuf.c: u32 length with two flags on top, u32 page offset, data, padded to 8.
const headerSize = 8;
const DISCARDED = 0x4000_0000;
const LENGTH = 0x3fff_ffff;

/**
 * Receives one record: `length` bytes at `offset` of `memory`. The memory is the kernel's, mapped read-only: copy what must
 * outlive the call, and never write (the process would end). A record never wraps around.
 */
export type RecordHandler = (memory: DataView, offset: number, length: number) => void;

/** How many records one wake-up may handle before Node's other work has its turn. */
const wakeBudget = 4096;

/** The one consumer of a ring buffer map. Since 5.8. */
export class RingBuffer {
  readonly #fd: Fd;
  readonly #onRecord: RecordHandler;
  readonly #onDrained: () => void;
  readonly #mask: number;
  readonly #consumerPage: MappedMemory;
  readonly #producerPages: MappedMemory;
  readonly #consumer: BigUint64Array;
  readonly #producer: Int32Array;
  readonly #headers: Int32Array;
  readonly #memory: DataView;
  /** Bytes consumed since the map was made; the kernel counts in 64 bits. */
  #position: bigint;
  #poll: FdPoll | undefined;
  #disposed = false;

  /** `onDrained`: behind the records that one drain() has handed over, also where the handler threw. */
  constructor(map: BpfMap, onRecord: RecordHandler, onDrained: () => void = () => {}) {
    if (map.type !== 'ringbuf') throw new TypeError(`map "${map.name}" is no ring buffer`);
    const page = pageSize();
    const size = map.maxEntries;
    const subject = `ring buffer "${map.name}"`;
    this.#onRecord = onRecord;
    this.#onDrained = onDrained;
    this.#mask = size - 1;
    // The data follow the producer's page, mapped twice in a row, so that no record is cut in two.
    this.#consumerPage = new MappedMemory(map.fd, { length: page, access: 'read-write', subject });
    const length = page + 2 * size;
    this.#producerPages = new MappedMemory(map.fd, { length, offset: page, access: 'read', subject });
    this.#consumer = new BigUint64Array(this.#consumerPage.buffer, 0, 1);
    this.#producer = new Int32Array(this.#producerPages.buffer, 0, 1);
    this.#headers = new Int32Array(this.#producerPages.buffer, page, (2 * size) / 4);
    this.#memory = new DataView(this.#producerPages.buffer, page, 2 * size);
    this.#position = Atomics.load(this.#consumer, 0);
    this.#fd = map.fd.duplicate();
  }

  /** Bytes for which there is room. */
  get size(): number {
    return this.#mask + 1;
  }

  /** Bytes that wait, headers included. */
  get available(): number {
    return (Atomics.load(this.#producer, 0) - Number(BigInt.asIntN(32, this.#position))) | 0;
  }

  /**
   * Hands finished records to the handler, oldest first; how many. Stops at a record that another CPU still writes.
   * What the handler throws passes through; its record counts as consumed.
   */
  drain(budget = Number.POSITIVE_INFINITY): number {
    const start = Number(BigInt.asIntN(32, this.#position));
    let position = start;
    let count = 0;
    try {
      while (count < budget && !this.#disposed && position !== Atomics.load(this.#producer, 0)) {
        const at = position & this.#mask;
        // Negative: the busy bit, bit 31.
        const header = Atomics.load(this.#headers, at >>> 2);
        if (header < 0) break;
        const length = header & LENGTH;
        position = (position + ((headerSize + length + 7) & ~7)) | 0;
        if ((header & DISCARDED) !== 0) continue;
        count++;
        this.#onRecord(this.#memory, at + headerSize, length);
      }
    } finally {
      // Once per drain: a store that the producers' CPUs see costs them a cache miss each.
      this.#position += BigInt((position - start) >>> 0);
      if (position !== start && !this.#disposed) Atomics.store(this.#consumer, 0, this.#position);
      if (count > 0) this.#onDrained();
    }
    return count;
  }

  /** Drains whenever Node's event loop finds records, until stop(). Keeps the process alive. */
  start(): FdPoll {
    this.#poll ??= pollFd(this.#fd, () => this.drain(wakeBudget));
    return this.#poll;
  }

  stop(): void {
    this.#poll?.close();
    this.#poll = undefined;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.stop();
    this.#consumerPage[Symbol.dispose]();
    this.#producerPages[Symbol.dispose]();
    this.#fd.close();
  }
}
