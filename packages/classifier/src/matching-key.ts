import type { Random } from './random.ts';
import { type FieldMatch, familyOfRule, isPrefix, isRange, type Key, type PrefixMatch, type Rule } from './rule.ts';
import type { ClassifierShape, FieldKind } from './shape.ts';

/** A key that the rule matches, anything where it leaves a field out. */
export function matchingKey(shape: ClassifierShape, rule: Rule, random: Random): Key {
  const bytes = (familyOfRule(rule) ?? (random.chance(0.5) ? 4 : 6)) === 4 ? 4 : 16;
  return shape.map(({ kind }, position) => {
    const match = rule[position];
    return match ? matchingValue(match, random) : anyValue(kind, bytes, random);
  });
}

function matchingValue(match: FieldMatch, random: Random): Uint8Array | number {
  if (isPrefix(match)) return addressWithin(match, random);
  return isRange(match) ? random.between(match.from, match.to) : random.pick(match.values);
}

function anyValue(kind: FieldKind, addressBytes: number, random: Random): Uint8Array | number {
  if (kind === 'prefix') return random.bytes(addressBytes);
  return random.below(kind === 'range16' ? 0x10000 : 0x100);
}

function addressWithin({ address, length }: PrefixMatch, random: Random): Uint8Array {
  return address.map((byte, index) => {
    const mask = 0xff >> Math.min(8, Math.max(0, length - 8 * index));
    return (byte & ~mask) | (random.below(256) & mask);
  });
}
