import { SIZE_CLASSES, type SizeClass } from '@twinpath/classifier';
import { classifierMap, hitsMap } from '@twinpath/compiler/abi';
import { type Codec, codec, type DecodedRecord } from '@twinpath/vnf/layout';
import type { FunctionPlan, Generation, TablePlan } from '@twinpath/vnf/plan';
import { type InstanceMaps, indexKey } from './instance-maps.ts';
import { RuleList, type RuleMatch } from './rule-list.ts';
import type { Prepared, RuleSet, SwitchedMember } from './rule-set.ts';
import { presentClass, StoredRules } from './stored-rules.ts';
import { isIterable } from './switched-table.ts';

/** Where the trees of a classifier go. */
export interface ClassifierElements {
  write(generation: Generation, rules: RuleList): void;
  copy(from: Generation, to: Generation): void;
  /** Which hits the present rules are not to be credited with. */
  writeEarlierHits(generation: Generation, hits: readonly number[]): void;
}

/** What a classifier has from the start. */
export interface PresentRules {
  readonly rules: RuleList;
  /** What the counter of each rule's number is ahead of the rule's hits. */
  readonly earlierHits: readonly number[];
}

/** Trees are built when they are committed. */
export const NO_ELEMENTS: ClassifierElements = { write: () => {}, copy: () => {}, writeEarlierHits: () => {} };

/** What programs are made for, by path of the classifier. */
export interface SizeClasses {
  get(path: string): SizeClass;
  /** Makes programs for a larger class, with the present contents. @throws what prevents it; nothing is changed then. */
  grow(path: string, sizeClass: SizeClass): void;
}

/** The memory of the maps that programs read. */
export class LiveElements implements ClassifierElements {
  readonly #plan: TablePlan;
  readonly #maps: InstanceMaps;
  readonly #classes: SizeClasses;

  constructor(plan: TablePlan, maps: InstanceMaps, classes: SizeClasses) {
    this.#plan = plan;
    this.#maps = maps;
    this.#classes = classes;
  }

  write(generation: Generation, rules: RuleList): void {
    const { path } = this.#plan;
    const needed = rules.build(this.#classes.get(path)).sizeClass;
    if (needed.tableBytes > this.#classes.get(path).tableBytes) this.#classes.grow(path, needed);
    rules.writeTo(this.#memory(generation), this.#classes.get(path));
  }

  copy(from: Generation, to: Generation): void {
    this.#memory(to).set(this.#memory(from));
  }

  writeEarlierHits(generation: Generation, hits: readonly number[]): void {
    const sizeClass = this.#classes.get(this.#plan.path);
    new StoredRules(this.#plan, this.#memory(generation), sizeClass).writeEarlierHits(hits);
  }

  #memory(generation: Generation): Uint8Array {
    return this.#maps.memory(classifierMap(this.#plan, generation));
  }
}

export interface ClassifierParts {
  readonly ruleSet: RuleSet;
  readonly elements: ClassifierElements;
  readonly present: PresentRules;
}

/** A `classifier` as the slow path has it (LiveClassifier). */
export class ClassifierTable implements SwitchedMember {
  readonly path: string;
  readonly plan: TablePlan;
  readonly #maps: InstanceMaps;
  readonly #ruleSet: RuleSet;
  readonly #elements: ClassifierElements;
  readonly #value: Codec;
  #rules: RuleList;
  #earlierHits: readonly number[];

  constructor(plan: TablePlan, maps: InstanceMaps, { ruleSet, elements, present }: ClassifierParts) {
    this.path = plan.path;
    this.plan = plan;
    this.#maps = maps;
    this.#ruleSet = ruleSet;
    this.#elements = elements;
    this.#value = codec(plan.value);
    this.#rules = present.rules;
    this.#earlierHits = present.earlierHits;
    ruleSet.add(this);
  }

  get rules(): RuleList {
    return this.#rules;
  }

  get earlierHits(): readonly number[] {
    return this.#earlierHits;
  }

  /** @throws TableFullError, EncodeError, ClassifierError; nothing is changed then. */
  replace(rules: Iterable<unknown>): void {
    this.#ruleSet.replace(new Map([[this, this.prepare(rules)]]));
  }

  /** Packets that rule `number` decided since it was last changed. */
  hits(number: number): number {
    return number < this.#rules.length ? this.#sum(number) - (this.#earlierHits[number] ?? 0) : 0;
  }

  /** The same of all rules, in order. */
  allHits(): readonly number[] {
    const hits = Array.from({ length: this.#rules.length }, (_, number) => -(this.#earlierHits[number] ?? 0));
    let left = hits.length;
    // Many of them are read with one system call.
    for (const [key, copies] of this.#maps.store(hitsMap(this.plan)).entries()) {
      if (left === 0) break;
      const number = numberOf(key);
      if (number >= hits.length) continue;
      hits[number] = (hits[number] ?? 0) + sumOf(copies);
      left--;
    }
    return hits;
  }

  prepare(contents: unknown): Prepared {
    if (!isIterable(contents)) throw new TypeError(`the rules of ${this.path} are no list`);
    return this.#prepared(RuleList.encode(this.plan, this.#value, contents, this.#rules));
  }

  prepareFrom(other: SwitchedMember): Prepared | undefined {
    if (!(other instanceof ClassifierTable)) throw new TypeError(`${this.path} is a classifier`);
    return other.rules === this.#rules ? undefined : this.#prepared(other.rules);
  }

  /** Writes the present rules into an element that is new. */
  prime(element: Uint8Array, sizeClass: SizeClass): void {
    this.#rules.writeTo(element, sizeClass);
    new StoredRules(this.plan, element, sizeClass).writeEarlierHits(this.#earlierHits);
  }

  /** Which of the two elements packets see. */
  get generation(): Generation {
    return this.#ruleSet.current;
  }

  #prepared(rules: RuleList): Prepared {
    return {
      fill: (generation) => this.#elements.write(generation, rules),
      done: () => {
        this.#earlierHits = this.#hitsAfter(rules);
        this.#rules = rules;
        this.#elements.writeEarlierHits(this.generation, this.#earlierHits);
      },
    };
  }

  copy(from: Generation, to: Generation): void {
    this.#elements.copy(from, to);
  }

  *[Symbol.iterator](): Generator<[RuleMatch, DecodedRecord]> {
    yield* this.#rules.decode(this.#value);
  }

  /** Rules that stay keep their hits, by whatever number they are counted from now on. */
  #hitsAfter(rules: RuleList): readonly number[] {
    const { from, removed, inserted } = rules.changeFrom(this.#rules);
    const earlier = this.#earlierHits;
    const [end, by] = [from + inserted, inserted - removed];
    if (by === 0) {
      const isNew = (number: number) => number >= from && number < end && !rules.hasSame(this.#rules, number, number);
      return earlier.map((hits, number) => (isNew(number) ? this.#sum(number) : hits));
    }
    const sums = this.#sums(from, Math.max(rules.length, this.#rules.length));
    const sum = (number: number) => sums[number - from] ?? 0;
    return Array.from({ length: rules.length }, (_, number) => {
      if (number < from) return earlier[number] ?? 0;
      if (number < end) return sum(number);
      return sum(number) - sum(number - by) + (earlier[number - by] ?? 0);
    });
  }

  #sums(from: number, to: number): readonly number[] {
    return Array.from({ length: to - from }, (_, index) => this.#sum(from + index));
  }

  #sum(number: number): number {
    return sumOf(this.#maps.store(hitsMap(this.plan)).lookup(indexKey(number)) ?? new Uint8Array());
  }
}

const numberOf = (key: Uint8Array): number =>
  new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(0, true);

/** Of all CPUs. */
function sumOf(copies: Uint8Array): number {
  const view = new DataView(copies.buffer, copies.byteOffset, copies.byteLength);
  let sum = 0;
  for (let at = 0; at < copies.length; at += 8) sum += Number(view.getBigUint64(at, true));
  return sum;
}

/** Programs are made once, for these classes; the smallest where none is named. */
export function fixedSizeClasses(classes: ReadonlyMap<string, SizeClass> = new Map()): SizeClasses {
  const [smallest] = SIZE_CLASSES;
  if (smallest === undefined) throw new Error('there is a smallest class');
  return {
    get: (path) => classes.get(path) ?? smallest,
    grow: (path, { tableBytes }) => {
      throw new RangeError(
        `the rules of ${path} need a tree of up to ${tableBytes} bytes, more than the program was made for`,
      );
    },
  };
}

/** What maps have room for that are there already. */
export function presentClasses({ tables }: FunctionPlan, maps: InstanceMaps): ReadonlyMap<string, SizeClass> {
  const classifiers = tables.filter(({ kind }) => kind === 'classifier');
  return new Map(classifiers.map((table) => [table.path, presentClass(table, maps)]));
}

/** The rules that packets see in maps that are there already; none in new ones. */
export function presentRules(plan: TablePlan, maps: InstanceMaps, generation: Generation): PresentRules {
  const element = maps.memory(classifierMap(plan, generation));
  const sizeClass = presentClass(plan, maps);
  const earlierHits = new StoredRules(plan, element, sizeClass).readEarlierHits();
  return { rules: RuleList.stored(plan, element, sizeClass), earlierHits };
}
