import {
  type BuiltClassifier,
  buildClassifier,
  type FieldMatch,
  type Rule,
  type SizeClass,
} from '@twinpath/classifier';
import { classifierMax, classifierShape } from '@twinpath/compiler/abi';
import { formatPortRange, formatPrefix, parsePortRange, parsePrefix } from '@twinpath/packet';
import { TableFullError } from '@twinpath/vnf';
import { type Codec, codec, type DecodedRecord, EncodeError, layoutOf } from '@twinpath/vnf/layout';
import type { TablePlan } from '@twinpath/vnf/plan';
import { StoredRules } from './stored-rules.ts';
import { pairs } from './switched-table.ts';

/** What a rule asks, by field; a field that is missing matches everything. */
export type RuleMatch = Readonly<Record<string, unknown>>;

/** Rules of a classifier: as they were given, and as bytes. */
export class RuleList {
  /** As given, without fields that match everything. */
  readonly matches: readonly RuleMatch[];
  readonly #plan: TablePlan;
  readonly #rules: readonly Rule[];
  readonly #values: Uint8Array;
  #built: BuiltClassifier | undefined;

  private constructor(plan: TablePlan, matches: readonly RuleMatch[], rules: readonly Rule[], values: Uint8Array) {
    this.#plan = plan;
    this.matches = matches;
    this.#rules = rules;
    this.#values = values;
  }

  /** Those that somebody has written into an element before; in the one form that each match has. */
  static stored(plan: TablePlan, element: Uint8Array, sizeClass: SizeClass): RuleList {
    const rules = new StoredRules(plan, element, sizeClass).read();
    const { valueBytes } = sizeClass;
    const values = element.slice(valueBytes, valueBytes + rules.length * plan.value.size);
    const matches = rules.map((rule) => matchOf(plan, rule));
    return new RuleList(plan, matches, rules, values);
  }

  /** @throws TableFullError, EncodeError, TypeError, ClassifierError */
  static encode(plan: TablePlan, value: Codec, contents: Iterable<unknown>): RuleList {
    const given = [...pairs(contents, plan.path)];
    if (given.length > classifierMax(plan)) {
      throw new TableFullError(plan.path, classifierMax(plan), given.length);
    }
    const fields = (plan.match ?? []).map(({ name, type }) => ({ name, encode: encoderOf(name, type) }));
    const matches: RuleMatch[] = [];
    const rules: Rule[] = [];
    const values = new Uint8Array(given.length * plan.value.size);
    for (const [number, [match, ruleValue]] of given.entries()) {
      const named = checkMatch(plan, number, match);
      matches.push(named);
      rules.push(fields.map(({ name, encode }) => (named[name] === undefined ? undefined : encode(named[name]))));
      value.encode(ruleValue, values.subarray(number * plan.value.size));
    }
    return new RuleList(plan, matches, rules, values);
  }

  get length(): number {
    return this.matches.length;
  }

  /** The tree, built once. @throws ClassifierError */
  build(atLeast?: SizeClass): BuiltClassifier {
    const isLarger = (this.#built?.sizeClass.tableBytes ?? 0) >= (atLeast?.tableBytes ?? 0);
    if (this.#built === undefined || !isLarger) {
      const built = buildClassifier(classifierShape(this.#plan), this.#rules, atLeast === undefined ? {} : { atLeast });
      this.#built = built;
    }
    return this.#built;
  }

  /** Writes the element of one generation: the tree, behind its room the values of the rules, and the rules themselves. */
  writeTo(element: Uint8Array, sizeClass: SizeClass): void {
    element.set(this.build(sizeClass).table);
    element.set(this.#values, sizeClass.valueBytes);
    new StoredRules(this.#plan, element, sizeClass).write(this.#rules);
  }

  *decode(value: Codec): Generator<[RuleMatch, DecodedRecord]> {
    for (const [number, match] of this.matches.entries()) {
      const decoded = value.decode(this.#values, number * this.#plan.value.size);
      yield [{ ...match }, typeof decoded === 'object' ? { ...decoded } : {}];
    }
  }
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
