import { type FieldMatch, isPrefix, isRange, type Key, type Rule } from './rule.ts';

/** What a classifier must answer, by comparing rule after rule: the number of the first match. For tests. */
export function linearOracle(rules: readonly Rule[], key: Key): number | undefined {
  const number = rules.findIndex((rule) => ruleMatches(rule, key));
  return number < 0 ? undefined : number;
}

/** A loop, because tests ask this a hundred million times. */
function ruleMatches(rule: Rule, key: Key): boolean {
  for (let position = 0; position < rule.length; position++) {
    const match = rule[position];
    const value = key[position];
    if (match !== undefined && (value === undefined || !fieldMatches(match, value))) return false;
  }
  return true;
}

function fieldMatches(match: FieldMatch, value: Uint8Array | number): boolean {
  if (typeof value !== 'number') return isPrefix(match) && prefixMatches(match.address, match.length, value);
  if (isPrefix(match)) return false;
  return isRange(match) ? match.from <= value && value <= match.to : match.values.includes(value);
}

function prefixMatches(network: Uint8Array, length: number, address: Uint8Array): boolean {
  if (network.length !== address.length) return false;
  const whole = length >> 3;
  for (let index = 0; index < whole; index++) if (network[index] !== address[index]) return false;
  const rest = length & 7;
  return rest === 0 || (((network[whole] ?? 0) ^ (address[whole] ?? 0)) & (0xff00 >> rest) & 0xff) === 0;
}
