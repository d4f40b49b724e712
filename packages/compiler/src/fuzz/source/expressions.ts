// Random expressions with their exact ranges, so that the compiler has no reason to refuse them.

import type { Scope, Writing } from './scope.ts';
import { join, type NumberText, same, type Text } from './text.ts';

/** Results stay well within 64 bits. */
const LIMIT = 1n << 60n;
const INT32 = { low: -(1n << 31n), high: (1n << 31n) - 1n };
const UINT32 = { low: 0n, high: (1n << 32n) - 1n };
/** Helpers of the module, which take and give small numbers; the second may give undefined. */
export const HELPERS: readonly Text[] = [
  {
    ts: 'function clamp(n: number, most: number) { if (n < 0) return 0; if (n > most) return most; return n; }',
    js: 'function clamp(n, most) { if (n < 0n) return 0n; if (n > most) return most; return n; }',
  },
  {
    ts: 'function half(n: number) { if (n % 2 !== 0) return undefined; return Math.trunc(n / 2); }',
    js: 'function half(n) { if (n % 2n !== 0n) return undefined; return n / 2n; }',
  },
];

interface Range {
  readonly low: bigint;
  readonly high: bigint;
}

const number = (text: Text, low: bigint, high: bigint): NumberText => ({ ...text, low, high });
const within = (inner: Range, outer: Range): boolean => inner.low >= outer.low && inner.high <= outer.high;
const sorted = (values: readonly bigint[]): readonly bigint[] =>
  values.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
const least = (...values: readonly [bigint, ...bigint[]]): bigint => sorted(values)[0] ?? values[0];
const most = (...values: readonly [bigint, ...bigint[]]): bigint => sorted(values).at(-1) ?? values[0];
const magnitude = ({ low, high }: Range): bigint => most(-low, high, 0n);
/** One less than the power of two above. */
const filled = (value: bigint): bigint => (1n << BigInt(value.toString(2).length)) - 1n;

const literals: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  10n,
  100n,
  255n,
  256n,
  65535n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  1n << 40n,
  (1n << 53n) - 1n,
];

export function literal(value: bigint): NumberText {
  const text = { ts: String(value), js: `${value}n` };
  return number(value < 0n ? join`(${text})` : text, value, value);
}

export class Expressions {
  readonly #writing: Writing;
  readonly #scope: Scope;

  constructor(writing: Writing, scope: Scope) {
    this.#writing = writing;
    this.#scope = scope;
  }

  number(depth = 3): NumberText {
    const { random } = this.#writing;
    if (depth === 0 || random.chance(0.25)) return this.#leaf();
    const a = this.number(depth - 1);
    const made = this.#combine(random.integer(0, 13), a, depth);
    return made !== undefined && within(made, { low: -LIMIT, high: LIMIT }) ? made : a;
  }

  test(depth = 2): Text {
    const { random } = this.#writing;
    const { flags } = this.#scope;
    const kind = random.integer(0, 9);
    if (kind < 2 && flags.length > 0) return random.pick(flags);
    if (kind < 4 && depth > 0)
      return join`(${this.test(depth - 1)} ${random.pick(['&&', '||'])} ${this.test(depth - 1)})`;
    if (kind === 4 && depth > 0) return join`!(${this.test(depth - 1)})`;
    const relation = random.pick(['<', '<=', '>', '>=', '===', '!==']);
    return join`(${this.number(depth)} ${relation} ${this.number(depth)})`;
  }

  #leaf(): NumberText {
    const { random } = this.#writing;
    const { numbers } = this.#scope;
    if (numbers.length > 0 && random.chance(0.75)) return random.pick(numbers);
    if (random.chance(0.3)) return literal(BigInt(random.integer(-40, 40)));
    return literal(random.pick(literals));
  }

  #combine(kind: number, a: NumberText, depth: number): NumberText | undefined {
    const b = this.number(depth - 1);
    switch (kind) {
      case 0:
      case 1:
        return number(join`(${a} + ${b})`, a.low + b.low, a.high + b.high);
      case 2:
        return number(join`(${a} - ${b})`, a.low - b.high, a.high - b.low);
      case 3: {
        const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high] as const;
        return number(join`(${a} * ${b})`, least(...corners), most(...corners));
      }
      case 4:
        return this.#modulo(a);
      case 5:
        return this.#divide(a);
      case 6:
        return this.#bitwise(a, b);
      case 7:
        return this.#shift(a);
      case 8:
        return a.low >= -(1n << 53n) && a.high <= 1n << 53n ? this.#unsigned(a) : undefined;
      case 9:
        return number(
          { ts: `Math.min(${a.ts}, ${b.ts})`, js: `min(${a.js}, ${b.js})` },
          least(a.low, b.low),
          least(a.high, b.high),
        );
      case 10:
        return number(
          { ts: `Math.max(${a.ts}, ${b.ts})`, js: `max(${a.js}, ${b.js})` },
          most(a.low, b.low),
          most(a.high, b.high),
        );
      case 11:
        return number({ ts: `Math.abs(${a.ts})`, js: `abs(${a.js})` }, 0n, magnitude(a));
      case 12:
        return number(join`(${this.test(1)} ? ${a} : ${b})`, least(a.low, b.low), most(a.high, b.high));
      default:
        return this.#call(a);
    }
  }

  #modulo(a: NumberText): NumberText {
    const { random } = this.#writing;
    const by = random.chance(0.7) ? literal(BigInt(random.integer(1, 1009))) : this.#positive();
    const high = least(by.high - 1n, most(a.high, 0n));
    const low = a.low < 0n ? most(a.low, 1n - by.high) : 0n;
    return number(join`(${a} % ${by})`, low, high);
  }

  /** Something that is provably not 0. */
  #positive(): NumberText {
    const [x] = this.#scope.numbers.filter(({ low, high }) => low >= 0n && high <= UINT32.high);
    if (x === undefined) return literal(7n);
    return number(join`(${x} + ${literal(1n)})`, x.low + 1n, x.high + 1n);
  }

  #divide(a: NumberText): NumberText {
    const { random } = this.#writing;
    const by = random.chance(0.8) ? literal(BigInt(random.integer(1, 1000))) : this.#positive();
    // A positive divisor takes nothing beyond the dividend, but rounding down may reach -1.
    const floors = random.chance(0.5);
    const text = floors
      ? { ts: `Math.floor(${a.ts} / ${by.ts})`, js: `floorDivide(${a.js}, ${by.js})` }
      : { ts: `Math.trunc(${a.ts} / ${by.ts})`, js: `(${a.js} / ${by.js})` };
    return number(text, least(a.low, 0n), most(a.high, 0n));
  }

  #bitwise(a: NumberText, b: NumberText): NumberText | undefined {
    const { random } = this.#writing;
    const operator = random.pick(['&', '|', '^'] as const);
    const text = join`(${a} ${operator} ${b})`;
    if (within(a, UINT32) && within(b, UINT32)) {
      const high = operator === '&' ? least(a.high, b.high) : filled(most(a.high, b.high));
      if (high <= INT32.high && within(a, INT32) && within(b, INT32)) return number(text, 0n, high);
      return number({ ts: `(${text.ts} >>> 0)`, js: `BigInt.asUintN(32, ${text.js})` }, 0n, UINT32.high);
    }
    if (!within(a, INT32) || !within(b, INT32)) return undefined;
    return random.chance(0.2) ? number(join`(~${a})`, -1n - a.high, -1n - a.low) : number(text, INT32.low, INT32.high);
  }

  #shift(a: NumberText): NumberText | undefined {
    const { random } = this.#writing;
    const count = literal(BigInt(random.integer(0, 12)));
    if (!within(a, INT32)) return undefined;
    if (random.chance(0.5)) return number(join`(${a} >> ${count})`, a.low >> count.low, a.high >> count.low);
    const [low, high] = [a.low << count.low, a.high << count.low];
    return a.low >= 0n && high <= INT32.high ? number(join`(${a} << ${count})`, low, high) : undefined;
  }

  #unsigned(a: NumberText): NumberText {
    const count = BigInt(this.#writing.random.integer(0, 1) * this.#writing.random.integer(0, 31));
    return number(
      { ts: `(${a.ts} >>> ${count})`, js: `(BigInt.asUintN(32, ${a.js}) >> ${count}n)` },
      0n,
      UINT32.high >> count,
    );
  }

  #call(a: NumberText): NumberText {
    const small = join`(${a} % ${literal(1009n)})`;
    if (this.#writing.random.chance(0.5)) return number(join`clamp(${small}, ${literal(500n)})`, 0n, 500n);
    return number(join`(half(${small}) ?? ${literal(9n)})`, -504n, 504n);
  }
}

/** What a variable may take of a number. */
export function reduced(value: NumberText, reduce: 'modulo' | 'word'): NumberText {
  if (reduce === 'modulo') return number(join`${value} % ${literal(1009n)}`, -1008n, 1008n);
  const fitting = within(value, { low: -(1n << 53n), high: 1n << 53n })
    ? value
    : number(join`(${value} % ${literal(1n << 40n)})`, -(1n << 40n), 1n << 40n);
  return number({ ts: `${fitting.ts} >>> 0`, js: `BigInt.asUintN(32, ${fitting.js})` }, 0n, UINT32.high);
}

export const variableText = (name: string, reduce: 'modulo' | 'word'): NumberText =>
  reduce === 'modulo' ? number(same(name), -1008n, 1008n) : number(same(name), 0n, UINT32.high);
