import { describe, expect, it } from 'vitest';
import { compileModule, give, moduleOf, run } from '../fixtures/compile-source.ts';

const A = 'const a = packet.input(0, -1000, 1000), b = packet.input(1, -1000, 1000);';
const U = 'const a = packet.input(0, 0, 255), b = packet.input(1, 1, 255);';

describe('expressions', () => {
  it.each([
    ['a + b', 7, 3, 10],
    ['a - b', 3, 7, -4],
    ['a * b', -3, 7, -21],
    ['-a', 5, 0, -5],
    ['+a', -5, 0, -5],
    ['Math.min(a, b)', -3, 7, -3],
    ['Math.max(a, b, 500)', -3, 7, 500],
    ['Math.abs(a)', -9, 0, 9],
    ['a % 7', -9, 0, -2],
    ['Math.floor(a / 4)', -9, 0, -3],
    ['Math.trunc(a / 4)', -9, 0, -2],
    ['Math.floor(a / -4)', -9, 0, 2],
    ['Math.floor(a / -4)', 9, 0, -3],
    ['a & 0xff', -1, 0, 255],
    ['a | b', 5, 10, 15],
    ['a ^ b', -1, 1, -2],
    ['~a', 5, 0, -6],
    ['a << 4', -3, 0, -48],
    ['a >> 2', -9, 0, -3],
    ['a >>> 28', -1, 0, 15],
    ['(a << 31) >>> 0', 1, 0, 2_147_483_648],
    ['(~a) >>> 0', 0, 0, 4_294_967_295],
    ['a < b ? 1 : 2', 3, 4, 1],
    ['a === b ? 1 : 2', 3, 4, 2],
    ['a !== b ? 1 : 2', 3, 4, 1],
    ['a >= b && b > 0 ? 1 : 2', 4, 4, 1],
    ['a < b || b > 0 ? 1 : 2', 5, 4, 1],
    ['!(a < b) ? 1 : 2', 5, 4, 1],
    ['a ? 1 : 2', 0, 0, 2],
    ['(a || b)', 0, 4, 4],
    ['(a && b)', 0, 4, 0],
    ['(a && b)', 3, 4, 4],
  ])('computes %s of %i and %i as JavaScript does', (expression, a, b, expected) => {
    expect(give(`${A} return give(${expression});`, [a, b])).toBe(BigInt(expected));
    // biome-ignore lint/security/noGlobalEval: JavaScript is the oracle
    expect(eval(`const a = ${a}, b = ${b}; ${expression}`)).toBe(expected);
  });

  it('folds what is known, as JavaScript does', () => {
    expect(give('return give(2 ** 10 + 7 % 4 + (5 > 3 ? 1 : 0) + (0xff & 0x0f) + Math.floor(7 / 2));')).toBe(1046n);
  });

  it('keeps numbers beyond 2 to the 53 exact', () => {
    expect(give('const a = packet.input(0, 0, 1); return give(a + 9007199254740991 * 3);', [1])).toBe(
      9007199254740991n * 3n + 1n,
    );
  });

  it('divides where a test has proven the divisor', () => {
    const body =
      'const a = packet.input(0, 0, 255), b = packet.input(1, 0, 255); if (b === 0) return give(0); return give(Math.floor(a / b));';
    expect(give(body, [100, 7])).toBe(14n);
    expect(give(body, [100, 0])).toBe(0n);
  });

  it('keeps booleans as values', () => {
    const body = `${U} const less = a < b; const both = less && b > 10; return give(both === less ? 1 : 0);`;
    expect(give(body, [5, 20])).toBe(1n);
    expect(give(body, [5, 6])).toBe(0n);
    expect(give(body, [9, 6])).toBe(1n);
  });

  it('compares flags with constants and each other', () => {
    const body =
      'const a = packet.flag(0), b = packet.flag(1); return give(a === b ? (a === true ? 3 : 2) : (b !== false ? 1 : 0));';
    expect([0, 1].flatMap((a) => [0, 1].map((b) => give(body, [a, b])))).toEqual([2n, 1n, 0n, 3n]);
  });

  it('follows undefined without a flag', () => {
    const body = 'const v = packet.choice(0); if (!v) return give(7); return give(v.value + 100);';
    expect([0, 1, 2].map((word) => give(body, [word]))).toEqual([7n, 101n, 102n]);
  });

  it('stops optional chains and takes defaults', () => {
    const body = 'return give(packet.choice(0)?.value ?? 55);';
    expect([0, 1, 9].map((word) => give(body, [word]))).toEqual([55n, 1n, 9n]);
  });

  it('takes records apart and puts them together', () => {
    const body = `${U}
      const { x, inner: { y: z } } = pair(a, b);
      const more = { x, ...pair(1, 2), last: 9 };
      return give(x * 1000000 + z * 10000 + more.x * 100 + more.last + other({ a }));`;
    const before = `
      function pair(x, y) { return { x, inner: { y } }; }
      const other = ({ a, missing = 5 }) => a + missing;`;
    expect(give(body, [3, 4], before)).toBe(3_040_109n + 8n);
  });

  it('assigns to variables and fields, and gives what was assigned', () => {
    const body = `
      let n = packet.input(0, 0, 100);
      n += 5; n -= 1; n *= 2; n++; --n;
      const cell = packet.word(2);
      cell.value = n;
      cell.value += 1;
      const old = cell.value++;
      return give((n = 3) + old * 10);`;
    const { given, words } = run(compileModule(moduleOf(body)), [10]);
    expect(given).toBe(3n + 29n * 10n);
    expect(words[2]).toBe(30n);
  });

  it('takes configuration and module constants for constants', () => {
    const before = `
      import { duration } from '@twinpath/vnf';
      const LIMIT = 10 * 2, TABLE = { a: LIMIT, list: [5, 6] } as const;
      const WAIT = duration('2 us');`;
    const body =
      'return give(LIMIT + TABLE.a + TABLE.list[1] + WAIT + config.more.n + (config.mode === "on" ? 1 : 0));';
    expect(give(body, [], before, { config: { more: { n: 100 }, mode: 'on' } })).toBe(2147n);
  });
});
