import type { MapSpec } from '@twinpath/ebpf';
import type { MapErrorCode, UpdateMode } from '../map-store.ts';
import type { Memory } from '../memory.ts';
import { Cells, Door, type EvaluatorMap, textOf } from './evaluator-map.ts';

interface Entry {
  readonly key: Uint8Array;
  readonly cells: Cells;
}

/** Keys: number of bits, 32 bits little endian, then the address in network order. Bits behind the prefix carry no meaning. */
export class LpmTrie implements EvaluatorMap {
  readonly spec: MapSpec;
  readonly id: number;
  readonly #bits: number;
  readonly #door: Door;
  /** By length of the prefix, then by the prefix. */
  readonly #prefixes = new Map<number, Map<string, Entry>>();
  #size = 0;

  constructor(spec: MapSpec, id: number, cpus: number) {
    this.spec = spec;
    this.id = id;
    this.#bits = (spec.keySize - 4) * 8;
    this.#door = new Door(spec, cpus);
  }

  get size(): number {
    return this.#size;
  }

  find(key: Uint8Array): Memory | undefined {
    return this.#longest(key)?.cells.cell(0);
  }

  put(key: Uint8Array, value: Uint8Array, mode: UpdateMode): MapErrorCode | undefined {
    const length = lengthOf(key);
    if (length > this.#bits) return 'EINVAL';
    const text = prefix(key, length);
    const old = this.#prefixes.get(length)?.get(text);
    if (old !== undefined && mode === 'new') return 'EEXIST';
    if (old === undefined && mode === 'existing') return 'ENOENT';
    if (old === undefined && this.#size >= this.spec.maxEntries) return 'ENOSPC';
    const cells = new Cells(this.spec, 1);
    cells.write(value);
    const entries = this.#prefixes.get(length) ?? new Map<string, Entry>();
    this.#prefixes.set(length, entries.set(text, { key: key.slice(), cells }));
    if (old === undefined) this.#size++;
    return undefined;
  }

  remove(key: Uint8Array): MapErrorCode | undefined {
    const length = lengthOf(key);
    if (length > this.#bits) return 'EINVAL';
    if (this.#prefixes.get(length)?.delete(prefix(key, length)) !== true) return 'ENOENT';
    this.#size--;
    return undefined;
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    this.#door.key('lookup', key);
    return this.#longest(key)?.cells.read();
  }

  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode): void {
    this.#door.key('update', key);
    this.#door.value('update', value);
    this.#door.settle('update', this.put(key, value, mode));
  }

  delete(key: Uint8Array): boolean {
    this.#door.key('delete', key);
    const code = this.remove(key);
    if (code !== 'ENOENT') this.#door.settle('delete', code);
    return code === undefined;
  }

  *entries(): Iterable<[Uint8Array, Uint8Array]> {
    for (const entries of [...this.#prefixes.values()]) {
      for (const { key, cells } of [...entries.values()]) yield [key.slice(), cells.read()];
    }
  }

  /** The longest prefix of the key that is an entry, no longer than the key says. */
  #longest(key: Uint8Array): Entry | undefined {
    const limit = lengthOf(key);
    if (limit > this.#bits) return undefined;
    let best: Entry | undefined;
    let longest = -1;
    for (const [length, entries] of this.#prefixes) {
      if (length > limit || length <= longest) continue;
      const entry = entries.get(prefix(key, length));
      if (entry === undefined) continue;
      best = entry;
      longest = length;
    }
    return best;
  }
}

const lengthOf = (key: Uint8Array): number => new DataView(key.buffer, key.byteOffset).getUint32(0, true);

function prefix(key: Uint8Array, length: number): string {
  const bytes = key.slice(4, 4 + Math.ceil(length / 8));
  const rest = length % 8;
  const last = bytes.at(-1);
  if (rest !== 0 && last !== undefined) bytes[bytes.length - 1] = last & (0xff << (8 - rest));
  return textOf(bytes);
}
