// Rules of a classifier as they lie in its element behind what programs read (compiler/abi/classifier.ts), so that whoever comes later
// knows them: trees do not tell which rules they were cut from. Host byte order; fields of a rule one behind the other.
//
//   prefix    length of the address in bytes, 0: matches everything; bits that count; 16 bytes
//   range16   1, 0: matches everything; u16 from; u16 to
//   exact8    1, 0: matches everything; the value

import { type FieldMatch, type Rule, SIZE_CLASSES, type SizeClass } from '@twinpath/classifier';
import {
  classifierMap,
  classifierMaps,
  classifierMax,
  classifierShape,
  RULE_FIELD_BYTES,
  ruleRecordSize,
  ruleRecordsOffset,
} from '@twinpath/compiler/abi';
import type { TablePlan } from '@twinpath/vnf/plan';
import type { InstanceMaps } from './instance-maps.ts';

/** In front of the records: u32 how many there are. */
const COUNT_BYTES = 8;

type Shape = ReturnType<typeof classifierShape>;

export class StoredRules {
  readonly #max: number;
  readonly #shape: Shape;
  readonly #recordSize: number;
  readonly #view: DataView;

  /** @throws RangeError for an element that is not this classifier's */
  constructor(plan: TablePlan, element: Uint8Array, sizeClass: SizeClass) {
    this.#max = classifierMax(plan);
    this.#shape = classifierShape(plan);
    this.#recordSize = ruleRecordSize(plan);
    const at = ruleRecordsOffset(plan, sizeClass);
    this.#view = new DataView(element.buffer, element.byteOffset + at, COUNT_BYTES + this.#max * this.#recordSize);
  }

  /** `records`: of `encodeRules`. */
  write(records: Uint8Array): void {
    this.#view.setUint32(0, records.length / this.#recordSize, true);
    new Uint8Array(this.#view.buffer, this.#view.byteOffset).set(records, COUNT_BYTES);
  }

  /** What each rule's counter is ahead of its hits; below 0 where it took the number of another with more hits than that had. */
  writeEarlierHits(hits: readonly number[]): void {
    for (let number = 0; number < this.#count(); number++)
      this.#view.setBigInt64(this.#record(number), BigInt(hits[number] ?? 0), true);
  }

  readEarlierHits(): readonly number[] {
    return this.#numbers().map((number) => Number(this.#view.getBigInt64(this.#record(number), true)));
  }

  read(): readonly Rule[] {
    return this.#numbers().map((number) => {
      let at = this.#record(number) + 8;
      return this.#shape.map(({ kind }) => {
        const from = at;
        at += RULE_FIELD_BYTES[kind];
        return this.#view.getUint8(from) === 0 ? undefined : readField(this.#view, from, kind);
      });
    });
  }

  #numbers(): readonly number[] {
    return Array.from({ length: this.#count() }, (_, number) => number);
  }

  #count(): number {
    const count = this.#view.getUint32(0, true);
    if (count <= this.#max) return count;
    throw new RangeError(
      `a classifier of at most ${this.#max} rules is said to have ${count}: its map was overwritten`,
    );
  }

  #record(number: number): number {
    return COUNT_BYTES + number * this.#recordSize;
  }
}

/** Records of these rules, one behind the other. */
export function encodeRules(plan: TablePlan, rules: readonly Rule[]): Uint8Array {
  const shape = classifierShape(plan);
  const size = ruleRecordSize(plan);
  const records = new Uint8Array(rules.length * size);
  const view = new DataView(records.buffer);
  for (const [number, rule] of rules.entries()) {
    let at = number * size + 8;
    for (const [position, { kind }] of shape.entries()) {
      writeField(view, at, rule[position]);
      at += RULE_FIELD_BYTES[kind];
    }
  }
  return records;
}

function writeField(view: DataView, at: number, match: FieldMatch | undefined): void {
  if (match === undefined) return;
  if ('address' in match) {
    view.setUint8(at, match.address.length);
    view.setUint8(at + 1, match.length);
    for (const [index, byte] of match.address.entries()) view.setUint8(at + 2 + index, byte);
  } else if ('from' in match) {
    view.setUint8(at, 1);
    view.setUint16(at + 1, match.from, true);
    view.setUint16(at + 3, match.to, true);
  } else {
    view.setUint8(at, 1);
    view.setUint8(at + 1, match.values[0] ?? 0);
  }
}

function readField(view: DataView, at: number, kind: Shape[number]['kind']): FieldMatch {
  switch (kind) {
    case 'prefix': {
      const from = view.byteOffset + at + 2;
      const address = new Uint8Array(view.buffer, from, view.getUint8(at)).slice();
      return { address, length: view.getUint8(at + 1) };
    }
    case 'range16':
      return { from: view.getUint16(at + 1, true), to: view.getUint16(at + 3, true) };
    case 'exact8':
      return { values: [view.getUint8(at + 1)] };
  }
}

/** What the maps of a classifier have room for. @throws RangeError */
export function presentClass(plan: TablePlan, maps: Pick<InstanceMaps, 'memory'>): SizeClass {
  const { length } = maps.memory(classifierMap(plan, 0));
  const found = SIZE_CLASSES.find((one) => classifierMaps(plan, one)[0]?.valueSize === length);
  if (found === undefined) throw new RangeError(`the maps of ${plan.path} are those of another classifier`);
  return found;
}
