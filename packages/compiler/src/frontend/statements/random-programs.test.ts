// Random fast paths, compiled and run, against the same text run by JavaScript: branches, loops, switches, functions with
// several returns, records, undefined. Everything is kept small with `%`, so that all of it is within the rules.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileModule, moduleOf, run } from '../fixtures/compile-source.ts';

const VARIABLES = ['x', 'y', 'z'];
const FLAGS = ['p', 'q'];

const variable = fc.constantFrom(...VARIABLES);
const small = fc.integer({ min: -20, max: 20 }).map((n) => (n < 0 ? `(${n})` : String(n)));

const number: fc.Arbitrary<string> = fc.letrec<{ number: string }>((tie) => ({
  number: fc.oneof(
    { maxDepth: 2 },
    { weight: 3, arbitrary: fc.oneof(variable, small, fc.constant('a')) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(tie('number'), fc.constantFrom('+', '-', '*'), tie('number'))
        .map(([x, o, y]) => `(${x} ${o} ${y}) % 997`),
    },
    { weight: 1, arbitrary: tie('number').map((x) => `Math.abs(${x})`) },
    { weight: 1, arbitrary: tie('number').map((x) => `(half(${x}) ?? ${x})`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(tie('number'), tie('number'))
        .map(([x, y]) => `pick({ first: ${x}, second: ${y} }, a > 50).chosen`),
    },
  ),
})).number;

const test: fc.Arbitrary<string> = fc.letrec<{ test: string }>((tie) => ({
  test: fc.oneof(
    { maxDepth: 2 },
    {
      weight: 4,
      arbitrary: fc
        .tuple(number, fc.constantFrom('<', '<=', '>', '>=', '===', '!=='), number)
        .map(([x, o, y]) => `${x} ${o} ${y}`),
    },
    { weight: 2, arbitrary: fc.constantFrom(...FLAGS) },
    {
      weight: 1,
      arbitrary: fc.tuple(tie('test'), fc.constantFrom('&&', '||'), tie('test')).map(([x, o, y]) => `(${x} ${o} ${y})`),
    },
    { weight: 1, arbitrary: tie('test').map((x) => `!(${x})`) },
    { weight: 1, arbitrary: number.map((x) => `isOdd(${x})`) },
  ),
})).test;

let loops = 0;

const { statements } = fc.letrec<{ statement: string; statements: string; body: string }>((tie) => {
  const block = tie('statements').map((text) => `{ ${text} }`);
  const body = tie('body').map((text) => `{ ${text} }`);
  return {
    statements: fc.array(tie('statement'), { minLength: 1, maxLength: 4 }).map((all) => all.join('\n')),
    // What a loop repeats may leave it.
    body: fc
      .array(
        fc.oneof(
          { weight: 4, arbitrary: tie('statement') },
          {
            weight: 1,
            arbitrary: fc.tuple(test, fc.constantFrom('break', 'continue')).map(([t, leave]) => `if (${t}) ${leave};`),
          },
        ),
        { minLength: 1, maxLength: 3 },
      )
      .map((all) => all.join('\n')),
    statement: fc.oneof(
      { maxDepth: 4 },
      { weight: 6, arbitrary: fc.tuple(variable, number).map(([v, n]) => `${v} = ${n} % 997;`) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...FLAGS), test).map(([f, t]) => `${f} = ${t};`) },
      {
        weight: 1,
        arbitrary: fc.tuple(variable, number).map(([v, n]) => `{ const v = ${n}; ${v} = (v + ${v}) % 997; }`),
      },
      { weight: 3, arbitrary: fc.tuple(test, block).map(([t, b]) => `if (${t}) ${b}`) },
      { weight: 2, arbitrary: fc.tuple(test, block, block).map(([t, b, c]) => `if (${t}) ${b} else ${c}`) },
      { weight: 1, arbitrary: fc.tuple(test, number).map(([t, n]) => `if (${t}) return give(${n});`) },
      {
        weight: 2,
        arbitrary: fc.tuple(fc.constantFrom('4', '12', 'bound'), body).map(([bound, b]) => {
          const i = `i${loops++}`;
          return `for (let ${i} = 0; ${i} < ${bound}; ${i}++) { y = (y + ${i}) % 997; ${b} }`;
        }),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(number, block, block, block)
          .map(
            ([n, b, c, d]) =>
              `switch (${n} % 3) { case 0: ${b} break; case 1: ${c} case 2: ${d} break; default: z = 5; }`,
          ),
      },
    ),
  };
});

const HELPERS = `
function half(n) { if (n % 2 !== 0) return undefined; return Math.trunc(n / 2); }
function isOdd(n) { if (n < 0) return isOddMagnitude(-n); return n % 2 === 1; }
function isOddMagnitude(n) { return n % 2 === 1; }
function pick({ first, second }, takesFirst) {
  const both = { first, second };
  if (takesFirst) return { chosen: both.first, other: second };
  return { ...both, chosen: second };
}`;

const START = 'let x = 1, y = 2, z = 3; let p = a > 30, q = false; const bound = a % 6;';
const END = 'return give((x * 1000 + y) * 1000 + z * 2 + (p ? 1 : 0) + (q ? 500000 : 0));';

function inJavaScript(text: string, a: number): bigint {
  const make = new Function('give', 'a', `${HELPERS}\n${START}\n${text}\n${END}`);
  return BigInt(Number(Reflect.apply(make, undefined, [(value: number) => value, a])));
}

describe('random fast paths', () => {
  it('do what JavaScript does', () => {
    const property = fc.property(statements, (text) => {
      const program = compileModule(moduleOf(`const a = packet.input(0, 0, 100);\n${START}\n${text}\n${END}`, HELPERS));
      for (const a of [0, 1, 31, 100]) expect(run(program, [a]).given, text).toBe(inJavaScript(text, a));
    });
    fc.assert(property, { numRuns: 100 });
  });
});
