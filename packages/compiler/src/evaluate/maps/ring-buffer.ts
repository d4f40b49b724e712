import type { MapSpec } from '@twinpath/ebpf';
import type { MapErrorCode } from '../map-store.ts';
import { Memory } from '../memory.ts';

/** Each record costs its length, rounded up to 8 bytes, and a header. */
const HEADER = 8;

interface Reservation {
  readonly memory: Memory;
  state: 'open' | 'submitted' | 'discarded';
}

/** Records of a ring buffer, in the order in which they were reserved, until they are drained. */
export class RingBuffer {
  readonly spec: MapSpec;
  readonly id: number;
  #records: Reservation[] = [];
  #used = 0;

  constructor(spec: MapSpec, id: number) {
    this.spec = spec;
    this.id = id;
  }

  /** Submitted records; they go on taking up room. */
  records(): readonly Uint8Array[] {
    return this.#records.filter(({ state }) => state === 'submitted').map(({ memory }) => memory.bytes.slice());
  }

  /** Submitted records, which free their room as when a consumer has read them. */
  drain(): readonly Uint8Array[] {
    const records = this.records();
    this.#records = [];
    this.#used = 0;
    return records;
  }

  /** Nothing if there is no room. The bytes hold what earlier records left there. */
  reserve(size: number): Memory | undefined {
    const cost = HEADER + Math.ceil(size / 8) * 8;
    // The kernel leaves a byte free, so that a full ring differs from an empty one.
    if (this.#used + cost >= this.spec.maxEntries) return undefined;
    this.#used += cost;
    const memory = new Memory(`a record of ring buffer "${this.spec.name}"`, new Uint8Array(size), { poisoned: true });
    this.#records.push({ memory, state: 'open' });
    return memory;
  }

  close(memory: Memory, state: 'submitted' | 'discarded'): void {
    const record = this.#records.find((one) => one.memory === memory);
    if (record?.state !== 'open')
      throw new Error(`the record was not reserved in "${this.spec.name}", or is closed already`);
    record.state = state;
  }

  output(bytes: Uint8Array): MapErrorCode | undefined {
    const memory = this.reserve(bytes.length);
    if (memory === undefined) return 'EAGAIN';
    memory.bytes.set(bytes);
    this.close(memory, 'submitted');
    return undefined;
  }
}
