import type { MapSpec } from '@twinpath/ebpf';
import { type MapErrorCode, type MapStore, MapStoreError, type UpdateMode } from '../map-store.ts';
import { Memory } from '../memory.ts';

/** A map as both sides see it: MapStore for Node, the rest for programs. */
export interface EvaluatorMap extends MapStore {
  readonly spec: MapSpec;
  /** Number of the map, as maps of maps hold it. */
  readonly id: number;
  /** Live bytes of the entry, as map_lookup_elem points to them. */
  find(key: Uint8Array, cpu: number): Memory | undefined;
  put(key: Uint8Array, value: Uint8Array, mode: UpdateMode, cpu: number): MapErrorCode | undefined;
  remove(key: Uint8Array): MapErrorCode | undefined;
}

export const isPerCpu = ({ type }: MapSpec): boolean => type.startsWith('percpu') || type === 'lru-percpu-hash';

/** One value, or one for each CPU. */
export class Cells {
  readonly #spec: MapSpec;
  readonly #cells: readonly Memory[];

  constructor(spec: MapSpec, cpus: number) {
    this.#spec = spec;
    const writable = spec.flags?.includes('read-only-for-programs') !== true;
    this.#cells = Array.from(
      { length: isPerCpu(spec) ? cpus : 1 },
      () => new Memory(`a value of map "${spec.name}"`, new Uint8Array(spec.valueSize), { writable }),
    );
  }

  cell(cpu: number): Memory {
    const cell = this.#cells[isPerCpu(this.#spec) ? cpu : 0];
    if (cell === undefined)
      throw new RangeError(`map "${this.#spec.name}" has values for ${this.#cells.length} CPUs, none for CPU ${cpu}`);
    return cell;
  }

  /** A copy, as MapStore gives it. */
  read(): Uint8Array {
    const stride = this.#stride();
    const bytes = new Uint8Array(stride * this.#cells.length);
    for (const [index, cell] of this.#cells.entries()) bytes.set(cell.bytes, index * stride);
    return bytes;
  }

  write(value: Uint8Array): void {
    const { valueSize } = this.#spec;
    const stride = this.#stride();
    for (const [index, cell] of this.#cells.entries()) {
      const from = index * stride;
      // Without a view of all of the bytes: it would give them a buffer of their own.
      cell.bytes.set(value.length === valueSize ? value : value.subarray(from, from + valueSize));
    }
  }

  #stride(): number {
    return strideOf(this.#spec);
  }
}

const strideOf = (spec: MapSpec): number => (isPerCpu(spec) ? Math.ceil(spec.valueSize / 8) * 8 : spec.valueSize);

/** Bytes of a value as MapStore gives and takes it. */
export const valueBytes = (spec: MapSpec, cpus: number): number => strideOf(spec) * (isPerCpu(spec) ? cpus : 1);

/** Checks and error messages that all kinds of map share on Node's side. */
export class Door {
  readonly #spec: MapSpec;
  readonly #cpus: number;

  constructor(spec: MapSpec, cpus: number) {
    this.#spec = spec;
    this.#cpus = cpus;
  }

  key(operation: string, key: Uint8Array): void {
    if (key.length !== this.#spec.keySize) this.#size(operation, 'key', key.length, this.#spec.keySize);
  }

  value(operation: string, value: Uint8Array): void {
    const wanted = valueBytes(this.#spec, this.#cpus);
    if (value.length !== wanted) this.#size(operation, 'value', value.length, wanted);
  }

  settle(operation: string, code: MapErrorCode | undefined): void {
    if (code !== undefined) throw new MapStoreError(this.#spec.name, operation, code, hints[code]);
  }

  #size(operation: string, what: string, given: number, wanted: number): never {
    throw new MapStoreError(
      this.#spec.name,
      operation,
      'EINVAL',
      `The ${what} has ${given} bytes; it must have ${wanted}.`,
    );
  }
}

const hints: Readonly<Record<MapErrorCode, string>> = {
  EEXIST: 'The entry exists already.',
  ENOENT: 'There is no such entry.',
  E2BIG: 'The map is full, or the index is behind its end: declare it larger.',
  ENOSPC: 'The map is full: declare it larger.',
  EINVAL: 'The map does not allow this operation, or not with these bytes.',
  EAGAIN: 'The ring buffer is full until its records are read.',
};

/** Bytes as a key of a JavaScript Map. */
export function textOf(key: Uint8Array): string {
  let text = '';
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}
