import type { RecordHandler } from '@twinpath/ebpf';
import type { LinearMemory } from '../memory/linear-memory.ts';
import type { EngineMap } from './engine-map.ts';
import { HEADER, RING_HEADER_BYTES } from './shape.ts';

const HEADER_SIZE = 8;
/** Flag of a record that its producer gave up. */
export const DISCARDED_RECORD = 0x4000_0000;
const LENGTH = 0x3fff_ffff;

/** The one consumer of a ring buffer. Records are handed over where they lie: copy what must outlive the call. */
export class EngineRingBuffer {
  readonly #onRecord: RecordHandler;
  readonly #mask: number;
  readonly #memory: DataView;
  readonly #headers: Int32Array;
  readonly #consumer: BigUint64Array;
  readonly #producer: Int32Array;

  constructor(memory: LinearMemory, map: EngineMap, onRecord: RecordHandler) {
    if (map.type !== 'ringbuf') throw new TypeError(`map "${map.name}" is no ring buffer`);
    const { buffer } = memory.memory;
    const { base } = map.geometry;
    const data = base + RING_HEADER_BYTES;
    this.#onRecord = onRecord;
    this.#mask = map.maxEntries - 1;
    this.#memory = new DataView(buffer, data, 2 * map.maxEntries);
    this.#headers = new Int32Array(buffer, data, (2 * map.maxEntries) / 4);
    this.#consumer = new BigUint64Array(buffer, base + HEADER.consumer, 1);
    this.#producer = new Int32Array(buffer, base + HEADER.producer, 1);
  }

  /** Bytes that wait, headers included. */
  get available(): number {
    return (Atomics.load(this.#producer, 0) - this.#position()) | 0;
  }

  /**
   * Hands finished records to the handler, oldest first; how many. Stops at a record that is still being written.
   * What the handler throws passes through; its record counts as consumed.
   */
  drain(budget = Number.POSITIVE_INFINITY): number {
    const start = this.#position();
    let position = start;
    let count = 0;
    try {
      while (count < budget && position !== Atomics.load(this.#producer, 0)) {
        const at = position & this.#mask;
        // Negative: the busy bit, bit 31.
        const header = Atomics.load(this.#headers, at >>> 2);
        if (header < 0) break;
        const length = header & LENGTH;
        position = (position + ((HEADER_SIZE + length + 7) & ~7)) | 0;
        if ((header & DISCARDED_RECORD) !== 0) continue;
        count++;
        this.#onRecord(this.#memory, at + HEADER_SIZE, length);
      }
    } finally {
      if (position !== start) Atomics.add(this.#consumer, 0, BigInt((position - start) >>> 0));
    }
    return count;
  }

  /** The low 32 bits are enough to find records, and to count what waits. */
  #position(): number {
    return Number(BigInt.asIntN(32, Atomics.load(this.#consumer, 0)));
  }
}
