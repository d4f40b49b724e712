import { Random } from './random.ts';
import { type FieldMatch, isPrefix, isRange, type PrefixMatch, type Rule } from './rule.ts';
import { CHARACTERS, type Character, type RuleMix, type Weighted } from './rule-mix.ts';
import type { ClassifierShape, Family, MatchField } from './shape.ts';

const SERVICES = [
  22, 25, 53, 80, 110, 123, 143, 161, 179, 389, 443, 445, 514, 636, 993, 1433, 1521, 3306, 3389, 5060, 5432, 8080,
];

export interface GenerateOptions {
  readonly shape: ClassifierShape;
  readonly mix: RuleMix;
  readonly count: number;
  readonly seed: number;
  /** The rest is IPv4. Default 0.3. */
  readonly ipv6Share?: number;
}

/** No two rules are equal. The same options give the same rules on every machine. */
export function generateRules({ shape, mix, count, seed, ipv6Share = 0.3 }: GenerateOptions): Rule[] {
  const random = new Random(seed);
  const maker = new RuleMaker(shape, CHARACTERS[mix], random, count);
  const rules = new Map<string, Rule>();
  // Lists of few possible rules run out of new ones.
  for (let attempt = 0; rules.size < count && attempt < 20 * count; attempt++) {
    const rule = maker.make(random.chance(ipv6Share) ? 6 : 4);
    rules.set(JSON.stringify(rule), rule);
  }
  return specificFirst([...rules.values()], random);
}

/** Roughly, as people write lists: with wide rules early, a few would shadow all others. */
function specificFirst(rules: readonly Rule[], random: Random): Rule[] {
  const placed = rules.map((rule) => ({ rule, place: widthOf(rule) + random.below(1000) / 2000 }));
  return placed.sort((a, b) => a.place - b.place).map(({ rule }) => rule);
}

/** For each field from 0, one value, to 1, everything. */
function widthOf(rule: Rule): number {
  return rule.reduce((sum, match) => {
    if (!match) return sum + 1;
    if (isPrefix(match)) return sum + 1 - match.length / (8 * match.address.length);
    return isRange(match) ? sum + Math.log2(match.to - match.from + 1) / 16 : sum;
  }, 0);
}

class RuleMaker {
  readonly #shape: ClassifierShape;
  readonly #character: Character;
  readonly #random: Random;
  /** Addresses that rules share, by family and prefix field. */
  readonly #pools: Readonly<Record<Family, readonly (readonly Uint8Array[])[]>>;

  constructor(shape: ClassifierShape, character: Character, random: Random, count: number) {
    this.#shape = shape;
    this.#character = character;
    this.#random = random;
    const size = Math.ceil(count ** 0.75) + 4;
    this.#pools = { 4: [this.#pool(4, size), this.#pool(4, size)], 6: [this.#pool(6, size), this.#pool(6, size)] };
  }

  make(family: Family): Rule {
    let prefix = 0;
    let range = 0;
    return this.#shape.map((field) => {
      if (field.kind === 'prefix') return this.#prefix(family, prefix++);
      return field.kind === 'range16' ? this.#range(range++) : this.#values(field);
    });
  }

  #pool(family: Family, size: number): Uint8Array[] {
    const networks = Array.from({ length: Math.ceil(size / 16) }, () => this.#random.bytes(family === 4 ? 2 : 5));
    return Array.from({ length: size }, () => {
      const address = this.#random.bytes(family === 4 ? 4 : 16);
      address.set(this.#skewed(networks));
      if (family === 6) address[0] = 0x20;
      return address;
    });
  }

  /** Early items far more often than late ones. */
  #skewed<T>(items: readonly T[]): T {
    const reach = Math.ceil(items.length * ((this.#random.below(1000) + 1) / 1000) ** 2);
    return this.#random.pick(items.slice(0, reach));
  }

  #prefix(family: Family, field: number): PrefixMatch | undefined {
    const length = weighted(this.#character.lengths[family][field === 0 ? 0 : 1], this.#random);
    // Without any prefix a rule is of both families; some are.
    if (length === 0 && this.#random.chance(0.9)) return undefined;
    const address = this.#skewed(this.#pools[family][field === 0 ? 0 : 1] ?? []);
    return { address: masked(address, length), length };
  }

  #range(field: number): FieldMatch | undefined {
    switch (weighted(this.#character.ports[field === 0 ? 0 : 1], this.#random)) {
      case 'any':
        return undefined;
      case 'high':
        return { from: 1024, to: 65535 };
      case 'exact':
        return exactly(this.#random.chance(0.8) ? this.#skewed(SERVICES) : this.#random.below(100) * 97 + 1024);
      case 'range': {
        const from = this.#random.below(120) * 500;
        return { from, to: from + this.#random.pick([9, 99, 499, 4999]) };
      }
    }
  }

  #values({ name }: MatchField): FieldMatch | undefined {
    if (name !== 'protocol') return this.#random.chance(0.1) ? undefined : { values: [this.#random.below(2)] };
    const protocol = weighted(this.#character.protocols, this.#random);
    return protocol === undefined ? undefined : { values: [protocol] };
  }
}

const exactly = (value: number) => ({ from: value, to: value });

function masked(address: Uint8Array, length: number): Uint8Array {
  return address.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, length - 8 * index))));
}

function weighted<T>(items: Weighted<T>, random: Random): T {
  let left = random.below(items.reduce((sum, [weight]) => sum + weight, 0));
  const found = items.find(([weight]) => {
    left -= weight;
    return left < 0;
  });
  if (!found) throw new RangeError('nothing to choose from');
  return found[1];
}
