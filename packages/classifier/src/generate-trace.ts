import { matchingKey } from './matching-key.ts';
import { Random } from './random.ts';
import { familyOfKey, type Key, type Rule } from './rule.ts';
import type { ClassifierShape } from './shape.ts';

export interface TraceOptions {
  readonly shape: ClassifierShape;
  readonly rules: readonly Rule[];
  /** Branch predictors learn short traces: below 16,384 keys figures lie. */
  readonly count: number;
  readonly seed: number;
}

/** Keys that rules match, 60 % uniform over the rules and 40 % mostly early ones, of which about 17 % are mixed from two
 *  rules so that most miss. Without rules: anything. */
export function generateTrace({ shape, rules, count, seed }: TraceOptions): Key[] {
  const random = new Random(seed);
  const anything: Rule = shape.map(() => undefined);
  const keyOf = (rule: Rule) => matchingKey(shape, rule, random);
  const choose = (): Rule => {
    if (rules.length === 0) return anything;
    const share = random.below(2 ** 32) / 2 ** 32;
    return rules[Math.floor((random.chance(0.6) ? share : share ** 3) * rules.length)] ?? anything;
  };
  return Array.from({ length: count }, () => {
    const key = keyOf(choose());
    return random.chance(0.17) ? mixed(key, keyOf(choose()), random) : key;
  });
}

function mixed(key: Key, other: Key, random: Random): Key {
  if (familyOfKey(key) !== familyOfKey(other)) return key;
  return key.map((value, field) => (random.chance(0.5) ? value : (other[field] ?? value)));
}
