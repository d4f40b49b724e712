import { ClassifierError } from './classifier-error.ts';
import { MAX_RULES } from './layout.ts';
import type { ClassifierShape, Family, MatchField } from './shape.ts';

/** 4 or 16 bytes in network order; bits behind the prefix do not count. */
export interface PrefixMatch {
  readonly address: Uint8Array;
  readonly length: number;
}

/** 0 to 65535; both ends belong to it. */
export interface RangeMatch {
  readonly from: number;
  readonly to: number;
}

/** 0 to 255 each, at least one. */
export interface ValuesMatch {
  readonly values: readonly number[];
}

export type FieldMatch = PrefixMatch | RangeMatch | ValuesMatch;

/** One entry for each field of the shape, in its order; `undefined` matches everything. The rule's number is its position
 *  in the list, and the first that matches wins. A rule without a prefix matches both families. */
export type Rule = readonly (FieldMatch | undefined)[];

/** One value for each field of the shape: addresses as 4 or 16 bytes in network order, the rest as numbers. */
export type Key = readonly (Uint8Array | number)[];

export const isPrefix = (match: FieldMatch): match is PrefixMatch => 'address' in match;
export const isRange = (match: FieldMatch): match is RangeMatch => 'from' in match;
export const isValues = (match: FieldMatch): match is ValuesMatch => 'values' in match;

/** `undefined`: the rule is for both. */
export function familyOfRule(rule: Rule): Family | undefined {
  for (const match of rule) if (match && isPrefix(match)) return match.address.length === 4 ? 4 : 6;
  return undefined;
}

/** A key without addresses is classified as IPv4. */
export function familyOfKey(key: Key): Family {
  for (const value of key) if (typeof value !== 'number') return value.length === 4 ? 4 : 6;
  return 4;
}

/** `first`: number of the first. @throws ClassifierError naming the first rule that does not fit the shape. */
export function checkRules(shape: ClassifierShape, rules: readonly Rule[], first = 0): void {
  if (first + rules.length > MAX_RULES) {
    throw new ClassifierError(
      `a classifier holds at most ${MAX_RULES} rules, not ${first + rules.length}`,
      'merge neighbouring prefixes or ranges',
    );
  }
  for (const [index, rule] of rules.entries()) checkRule(shape, rule, first + index);
}

function checkRule(shape: ClassifierShape, rule: Rule, number: number): void {
  if (rule.length !== shape.length) {
    throw new ClassifierError(
      `rule ${number} has ${rule.length} fields, the classifier ${shape.length}`,
      'give every field; undefined matches everything',
    );
  }
  let family = 0;
  for (const [position, field] of shape.entries()) {
    const match = rule[position];
    if (match === undefined) continue;
    const wrong = faultOf(field, match);
    if (wrong) throw new ClassifierError(`rule ${number}, ${field.name}: ${wrong}`, 'correct the rule');
    if (!isPrefix(match)) continue;
    if (family !== 0 && family !== match.address.length) {
      throw new ClassifierError(
        `rule ${number} has prefixes of both IPv4 and IPv6, so that no packet could match it`,
        'write one rule for each family',
      );
    }
    family = match.address.length;
  }
}

function faultOf(field: MatchField, match: FieldMatch): string | undefined {
  switch (field.kind) {
    case 'prefix':
      return isPrefix(match) ? faultOfPrefix(match) : 'it needs a prefix';
    case 'range16':
      return isRange(match) ? faultOfRange(match) : 'it needs a range of numbers';
    case 'exact8':
      return isValues(match) ? faultOfValues(match) : 'it needs a list of values';
  }
}

function faultOfPrefix({ address, length }: PrefixMatch): string | undefined {
  if (address.length !== 4 && address.length !== 16) return `an address has 4 or 16 bytes, not ${address.length}`;
  return isWithin(length, address.length * 8) ? undefined : `/${length} is no length of a prefix of this family`;
}

function faultOfRange({ from, to }: RangeMatch): string | undefined {
  if (!isWithin(from, 0xffff) || !isWithin(to, 0xffff)) return `${from}-${to} is not within 0-65535`;
  return from <= to ? undefined : `${from}-${to} ends before it begins`;
}

function faultOfValues({ values }: ValuesMatch): string | undefined {
  if (values.length === 0) return 'it lists no value, so that no packet could match it';
  const bad = values.find((value) => !isWithin(value, 0xff));
  return bad === undefined ? undefined : `${bad} is not within 0-255`;
}

function isWithin(value: number, last: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= last;
}
