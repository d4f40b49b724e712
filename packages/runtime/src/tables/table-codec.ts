import type { KeyShape } from '@twinpath/vnf';
import {
  type Codec,
  codec,
  type Decoded,
  type DecodedRecord,
  decodeCopies,
  familyReader,
  getU32,
  type LayoutField,
  mergeCopies,
  perCpuStride,
} from '@twinpath/vnf/layout';
import type { MapPlan, TablePlan } from '@twinpath/vnf/plan';

/** Kinds that are added up when the copies of a per-CPU value are read: one copy must hold the whole. */
const SUMMED: ReadonlySet<string> = new Set(['traffic', 'count64']);

export interface CodecSettings {
  /** Values of an entry of a per-CPU map. */
  readonly cpus: number;
  /** The function's ports in order of their index. */
  readonly ports: readonly string[];
}

/** A key's bytes, and which of the table's maps they belong to: by family, 0 where there is one. */
export interface EncodedKey {
  readonly place: number;
  readonly bytes: Uint8Array;
}

/** How one table's keys and values are written: the stored form, with hidden stamps and the copies of all CPUs. */
export class TableCodec {
  readonly plan: TablePlan;
  readonly #familyOf: ReturnType<typeof familyReader>;
  readonly #value: Codec;
  /** In the order of `familyMaps`. */
  readonly #keys: readonly Codec[];
  readonly #families: readonly MapPlan['family'][];
  readonly #copies: number;
  readonly #stride: number;

  constructor(plan: TablePlan, { cpus, ports }: CodecSettings) {
    const maps = familyMaps(plan);
    this.plan = plan;
    const shape = keyShape(plan);
    this.#familyOf = shape === undefined ? () => undefined : familyReader(shape);
    this.#value = codec(plan.value, { ports });
    this.#keys = maps.map(({ key }) => codec(key, { ports }));
    this.#families = maps.map(({ family }) => family);
    this.#copies = plan.perCpu ? cpus : 1;
    this.#stride = plan.perCpu ? perCpuStride(plan.value.size) : plan.value.size;
  }

  /** @throws EncodeError */
  encodeKey(key: unknown): EncodedKey {
    // What is no address is refused by the codec of any family.
    const place = Math.max(0, this.#families.indexOf(this.#familyOf(key)));
    return { place, bytes: this.#keyCodec(place).encode(key) };
  }

  decodeKey(place: number, bytes: Uint8Array): Decoded {
    return this.#keyCodec(place).decode(bytes);
  }

  /** `seconds`: the instance's clock, for the stamps. @throws EncodeError */
  encodeValue(value: unknown, seconds: number): Uint8Array {
    const first = this.#value.encode(value);
    this.#stamp(first, seconds);
    if (this.#copies === 1) return first;
    const stored = new Uint8Array(this.#stride * this.#copies);
    for (let copy = 0; copy < this.#copies; copy++) stored.set(first, copy * this.#stride);
    this.#clearSummed(stored);
    return stored;
  }

  /** The copy of one CPU of a per-CPU value. */
  encodeCopy(stored: Uint8Array, cpu: number, value: unknown): Uint8Array {
    if (cpu >= this.#copies) throw new RangeError(`table ${this.plan.path} has copies for ${this.#copies} CPUs`);
    const changed = stored.slice();
    changed.set(this.#value.encode(value), cpu * this.#stride);
    return changed;
  }

  /** All copies as one. @throws DecodeError */
  decodeValue(stored: Uint8Array): DecodedRecord {
    const value = this.plan.perCpu
      ? mergeCopies(this.#value, decodeCopies(this.#value, stored))
      : this.#value.decode(stored);
    if (typeof value !== 'object') throw new TypeError(`a value of table ${this.plan.path} is no record`);
    return { ...value };
  }

  /** The stored value with the named fields changed; all others, and the stamps, stay byte for byte. @throws EncodeError */
  patchValue(stored: Uint8Array, fields: Readonly<Record<string, unknown>>): Uint8Array {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    const encoded = this.#value.encode({ ...this.decodeValue(stored), ...Object.fromEntries(given) });
    const named = new Set(given.map(([name]) => name));
    const patched = stored.slice();
    for (const field of this.#value.layout.fields) {
      if (field.type.kind !== 'guard' && named.has(field.path[0] ?? '')) this.#patchField(patched, encoded, field);
    }
    return patched;
  }

  /** The hidden stamps: of a per-CPU value the latest. */
  stampOf(stored: Uint8Array, offset: number): number {
    let latest = 0;
    for (let copy = 0; copy < this.#copies; copy++)
      latest = Math.max(latest, getU32(stored, copy * this.#stride + offset));
    return latest;
  }

  #keyCodec(place: number): Codec {
    const found = this.#keys[place];
    if (found === undefined) throw new RangeError(`table ${this.plan.path} has no map ${place}`);
    return found;
  }

  #stamp(value: Uint8Array, seconds: number): void {
    const { touched, written } = this.plan.hidden;
    if (touched === undefined && written === undefined) return;
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    if (touched !== undefined) view.setUint32(touched, seconds, true);
    if (written !== undefined) view.setUint32(written, seconds, true);
  }

  #clearSummed(stored: Uint8Array): void {
    for (const field of this.#value.layout.fields) {
      if (!SUMMED.has(field.type.kind)) continue;
      for (let copy = 1; copy < this.#copies; copy++) {
        const at = copy * this.#stride + field.offset;
        stored.fill(0, at, at + field.size);
      }
    }
  }

  #patchField(stored: Uint8Array, encoded: Uint8Array, { type, offset, size }: LayoutField): void {
    const bytes = encoded.subarray(offset, offset + size);
    for (let copy = 0; copy < this.#copies; copy++) {
      const at = copy * this.#stride + offset;
      if (copy > 0 && SUMMED.has(type.kind)) stored.fill(0, at, at + size);
      else stored.set(bytes, at);
    }
  }
}

/** One map of each family: of a table in a rule set those of one generation. */
export function familyMaps({ maps }: TablePlan, generation: MapPlan['generation'] = 0): readonly MapPlan[] {
  return maps.filter((map) => map.generation === undefined || map.generation === generation);
}

function keyShape({ spec }: TablePlan): KeyShape | undefined {
  if (spec.kind === 'table' || spec.kind === 'lpm') return spec.key;
  return spec.kind === 'tally' ? spec.by : undefined;
}
