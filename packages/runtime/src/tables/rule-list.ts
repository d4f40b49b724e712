import {
  type BuiltClassifier,
  buildClassifier,
  type FieldMatch,
  type Rule,
  type SizeClass,
} from '@twinpath/classifier';
import { classifierMax, classifierShape, ruleRecordSize } from '@twinpath/compiler/abi';
import { formatPortRange, formatPrefix, parsePortRange, parsePrefix } from '@twinpath/packet';
import { TableFullError } from '@twinpath/vnf';
import { type Codec, codec, type DecodedRecord, EncodeError, layoutOf } from '@twinpath/vnf/layout';
import type { TablePlan } from '@twinpath/vnf/plan';
import { type PlaceOfChange, placeOfChange, spliced, splicedBytes } from './place-of-change.ts';
import { encodeRules, StoredRules } from './stored-rules.ts';
import { pairs } from './switched-table.ts';

/** What a rule asks, by field; a field that is missing matches everything. */
export type RuleMatch = Readonly<Record<string, unknown>>;

interface EncodedRules {
  readonly matches: readonly RuleMatch[];
  readonly rules: readonly Rule[];
  /** One behind the other. */
  readonly values: Uint8Array;
  /** Of `encodeRules`. */
  readonly records: Uint8Array;
}

/** Rules of a classifier: as they were given, and as bytes. */
export class RuleList {
  /** As given, without fields that match everything. */
  readonly matches: readonly RuleMatch[];
  readonly #plan: TablePlan;
  readonly #rules: readonly Rule[];
  readonly #values: Uint8Array;
  readonly #records: Uint8Array;
  #built: BuiltClassifier | undefined;
  /** Until this one is built: of the list that it was made from. */
  #previous: BuiltClassifier | undefined;

  private constructor(plan: TablePlan, encoded: EncodedRules) {
    this.#plan = plan;
    this.matches = encoded.matches;
    this.#rules = encoded.rules;
    this.#values = encoded.values;
    this.#records = encoded.records;
  }

  /** Those that somebody has written into an element before; in the one form that each match has. */
  static stored(plan: TablePlan, element: Uint8Array, sizeClass: SizeClass): RuleList {
    const rules = new StoredRules(plan, element, sizeClass).read();
    const { valueBytes } = sizeClass;
    const values = element.slice(valueBytes, valueBytes + rules.length * plan.value.size);
    const matches = rules.map((rule) => matchOf(plan, rule));
    return new RuleList(plan, { matches, rules, values, records: encodeRules(plan, rules) });
  }

  /** `previous`: the trees of rules that are in it, too, are kept. @throws TableFullError, EncodeError, TypeError, ClassifierError */
  static encode(plan: TablePlan, value: Codec, contents: Iterable<unknown>, previous = RuleList.#none(plan)): RuleList {
    const given = [...pairs(contents, plan.path)];
    if (given.length > classifierMax(plan)) {
      throw new TableFullError(plan.path, classifierMax(plan), given.length);
    }
    const place = placeOfChange(
      previous.matches,
      given.map(([match]) => match),
      isSameMatch,
    );
    const changed: RuleMatch[] = [];
    const rules: Rule[] = [];
    const fields = (plan.match ?? []).map(({ name, type }) => ({ name, encode: encoderOf(name, type) }));
    for (let number = place.from; number < place.from + place.inserted; number++) {
      const [match] = given[number] ?? [];
      // Rules between two that were changed.
      const [known, rule] = [previous.matches[number], previous.#rules[number]];
      if (place.inserted === place.removed && known && rule && isSameMatch(known, match)) {
        changed.push(known);
        rules.push(rule);
        continue;
      }
      const named = checkMatch(plan, number, match);
      changed.push(named);
      rules.push(fields.map(({ name, encode }) => (named[name] === undefined ? undefined : encode(named[name]))));
    }
    const values = new Uint8Array(given.length * plan.value.size);
    for (const [number, [, ruleValue]] of given.entries()) {
      value.encode(ruleValue, values.subarray(number * plan.value.size));
    }
    const list = new RuleList(plan, {
      matches: spliced(previous.matches, changed, place),
      rules: spliced(previous.#rules, rules, place),
      values,
      records: splicedBytes(previous.#records, encodeRules(plan, rules), place, ruleRecordSize(plan)),
    });
    list.#previous = previous.#built;
    return list;
  }

  static #none(plan: TablePlan): RuleList {
    const [values, records] = [new Uint8Array(), new Uint8Array()];
    return new RuleList(plan, { matches: [], rules: [], values, records });
  }

  get length(): number {
    return this.matches.length;
  }

  /** The tree, built once. @throws ClassifierError */
  build(atLeast?: SizeClass): BuiltClassifier {
    const isLarger = (this.#built?.sizeClass.tableBytes ?? 0) >= (atLeast?.tableBytes ?? 0);
    if (this.#built === undefined || !isLarger) {
      const previous = this.#built ?? this.#previous;
      this.#built = buildClassifier(classifierShape(this.#plan), this.#rules, {
        ...(atLeast && { atLeast }),
        ...(previous && { previous }),
      });
      this.#previous = undefined;
    }
    return this.#built;
  }

  /** Writes the element of one generation: the tree, behind its room the values of the rules, and the rules themselves. */
  writeTo(element: Uint8Array, sizeClass: SizeClass): void {
    element.set(this.build(sizeClass).table);
    element.set(this.#values, sizeClass.valueBytes);
    new StoredRules(this.#plan, element, sizeClass).write(this.#records);
  }

  /** Where this list differs from the other, in what rules ask or say. */
  changeFrom(other: RuleList): PlaceOfChange {
    const numbers = (list: RuleList) => [...list.#rules.keys()];
    return placeOfChange(numbers(other), numbers(this), (before, after) => this.hasSame(other, before, after));
  }

  /** Whether rule `after` of this list is rule `before` of the other. */
  hasSame(other: RuleList, before: number, after: number): boolean {
    const { size } = this.#plan.value;
    return other.#rules[before] === this.#rules[after] && isSameValue(other.#values, before, this.#values, after, size);
  }

  *decode(value: Codec): Generator<[RuleMatch, DecodedRecord]> {
    for (const [number, match] of this.matches.entries()) {
      const decoded = value.decode(this.#values, number * this.#plan.value.size);
      yield [{ ...match }, typeof decoded === 'object' ? { ...decoded } : {}];
    }
  }
}

function isSameMatch(known: RuleMatch, given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false;
  let others = 0;
  for (const name of Object.keys(given)) if (Reflect.get(given, name) !== undefined) others++;
  for (const name of Object.keys(known)) {
    if (Reflect.get(given, name) !== known[name]) return false;
    others--;
  }
  return others === 0;
}

function isSameValue(left: Uint8Array, before: number, right: Uint8Array, after: number, size: number): boolean {
  for (let byte = 0; byte < size; byte++) if (left[before * size + byte] !== right[after * size + byte]) return false;
  return true;
}

type MatchType = NonNullable<TablePlan['match']>[number]['type'];

function encoderOf(name: string, type: MatchType): (value: unknown) => FieldMatch {
  if (type.kind === 'prefix') return (value) => parse(name, value, "a prefix such as '192.0.2.0/24'", parsePrefixText);
  if (type.kind === 'portRange') return (value) => parse(name, value, "a port such as 443 or '8000-8999'", parseRange);
  const single = codec(layoutOf({ [name]: type }));
  return (value) => ({ values: [single.encode({ [name]: value })[0] ?? 0] });
}

function matchOf({ match = [] }: TablePlan, rule: Rule): RuleMatch {
  const named = match.flatMap(({ name, type }, position) => {
    const given = rule[position];
    return given === undefined ? [] : [[name, decodeMatch(name, type, given)] as const];
  });
  return Object.freeze(Object.fromEntries(named));
}

function decodeMatch(name: string, type: MatchType, match: FieldMatch): unknown {
  if ('address' in match) return formatPrefix(match);
  if ('from' in match) return formatPortRange(match);
  const decoded = codec(layoutOf({ [name]: type })).decode(Uint8Array.from(match.values));
  return typeof decoded === 'object' && !(decoded instanceof Uint8Array) ? Reflect.get(decoded, name) : decoded;
}

function parsePrefixText(value: unknown): FieldMatch {
  if (typeof value !== 'string') throw new TypeError('it is no text');
  return parsePrefix(value);
}

function parseRange(value: unknown): FieldMatch {
  if (typeof value !== 'string' && typeof value !== 'number') throw new TypeError('it is neither number nor text');
  return parsePortRange(value);
}

function parse(name: string, value: unknown, what: string, parser: (value: unknown) => FieldMatch): FieldMatch {
  try {
    return parser(value);
  } catch (cause) {
    throw new EncodeError([name], value, what, cause);
  }
}

function checkMatch({ path, match = [] }: TablePlan, number: number, given: unknown): RuleMatch {
  if (typeof given !== 'object' || given === null) throw new TypeError(`rule ${number} of ${path} names no fields`);
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  const names = match.map(({ name }) => name);
  const unknown = named.find(([name]) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`rule ${number} of ${path} has a field ${unknown[0]}; there are ${names.join(', ')}`);
  }
  return Object.freeze(Object.fromEntries(named));
}
