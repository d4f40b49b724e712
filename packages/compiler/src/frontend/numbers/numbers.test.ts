// Random integer expressions: compiled and run, against the same expression on BigInt, and on JavaScript's own numbers where
// those are exact.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileModule, moduleOf, run } from '../fixtures/compile-source.ts';
import { CompileError } from '../report/compile-error.ts';
import { maximum, minimum } from './range.ts';

/** Values of the inputs, and the largest magnitude that was met on the way. */
interface Trace {
  readonly inputs: readonly bigint[];
  largest: bigint;
}
/** An expression as text and as what it means. */
interface Twin<T = bigint> {
  readonly text: string;
  value(trace: Trace): T;
}

const INPUTS = [
  { name: 'a', low: 0, high: 255 },
  { name: 'b', low: -1000, high: 1000 },
  { name: 'c', low: 0, high: 4_294_967_295 },
  { name: 'd', low: 1, high: 31 },
  { name: 'e', low: -2_147_483_648, high: 2_147_483_647 },
] as const;
const DECLARED = INPUTS.map(({ name, low, high }, at) => `const ${name} = packet.input(${at}, ${low}, ${high});`).join(
  '\n',
);

const inputs = fc.tuple(
  ...INPUTS.map(({ low, high }) => fc.oneof(fc.integer({ min: low, max: high }), fc.constantFrom(low, high))),
);

function made(text: string, value: (trace: Trace) => bigint): Twin {
  return {
    text,
    value(trace) {
      const result = value(trace);
      const magnitude = result < 0n ? -result : result;
      if (magnitude > trace.largest) trace.largest = magnitude;
      return result;
    },
  };
}

const int32 = (value: bigint) => BigInt.asIntN(32, value);
const floorDivide = (x: bigint, y: bigint) => (x % y !== 0n && x < 0n !== y < 0n ? x / y - 1n : x / y);

const BINARY: Readonly<Record<string, (x: bigint, y: bigint) => bigint>> = {
  '+': (x, y) => x + y,
  '-': (x, y) => x - y,
  '*': (x, y) => x * y,
  '%': (x, y) => x % y,
  '&': (x, y) => int32(x) & int32(y),
  '|': (x, y) => int32(x) | int32(y),
  '^': (x, y) => int32(x) ^ int32(y),
  '<<': (x, y) => int32(int32(x) << y),
  '>>': (x, y) => int32(x) >> y,
  '>>>': (x, y) => BigInt.asUintN(32, x) >> y,
};
const CALLS: Readonly<Record<string, (x: bigint, y: bigint) => bigint>> = {
  'Math.min($)': minimum,
  'Math.max($)': maximum,
};
const QUOTIENTS: typeof CALLS = { 'Math.floor($)': floorDivide, 'Math.trunc($)': (x, y) => x / y };
const UNARY: Readonly<Record<string, (x: bigint) => bigint>> = {
  '(-$)': (x) => -x,
  '(~$)': (x) => ~int32(x),
  '(~$ >>> 0)': (x) => BigInt.asUintN(32, ~x),
  '(($ ^ c) >>> 0)': (x) => x,
  'Math.abs($)': (x) => (x < 0n ? -x : x),
};
const RELATIONS: Readonly<Record<string, (x: bigint, y: bigint) => boolean>> = {
  '<': (x, y) => x < y,
  '<=': (x, y) => x <= y,
  '>': (x, y) => x > y,
  '>=': (x, y) => x >= y,
  '===': (x, y) => x === y,
  '!==': (x, y) => x !== y,
};
const entryOf = <T>(table: Readonly<Record<string, T>>) => fc.constantFrom(...Object.entries(table));

const leaf: fc.Arbitrary<Twin> = fc.oneof(
  fc.nat(INPUTS.length - 1).map((at) => made(INPUTS[at]?.name ?? 'a', ({ inputs: given }) => given[at] ?? 0n)),
  fc.integer({ min: -70_000, max: 70_000 }).map((n) => made(n < 0 ? `(${n})` : String(n), () => BigInt(n))),
);

const { expression } = fc.letrec<{ expression: Twin; condition: Twin<boolean> }>((tie) => {
  const e = tie('expression');
  const two = (table: typeof BINARY, shape: (sign: string, x: string, y: string) => string) =>
    fc
      .tuple(entryOf(table), e, e)
      .map(([[sign, compute], x, y]) =>
        made(shape(sign, x.text, y.text), (trace) => compute(x.value(trace), y.value(trace))),
      );
  return {
    expression: fc.oneof(
      { maxDepth: 4 },
      { weight: 4, arbitrary: leaf },
      { weight: 7, arbitrary: two(BINARY, (sign, x, y) => `(${x} ${sign} ${y})`) },
      { weight: 2, arbitrary: two(CALLS, (name, x, y) => name.replace('$', `${x}, ${y}`)) },
      { weight: 2, arbitrary: two(QUOTIENTS, (name, x, y) => name.replace('$', `${x} / ${y}`)) },
      {
        weight: 2,
        arbitrary: fc.tuple(entryOf(UNARY), e).map(([[shape, compute], x]) =>
          made(shape.replace('$', x.text), (trace) => {
            const value = x.value(trace);
            return shape.includes('^ c') ? BigInt.asUintN(32, value ^ (trace.inputs[2] ?? 0n)) : compute(value);
          }),
        ),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(tie('condition'), e, e)
          .map(([test, x, y]) =>
            made(`(${test.text} ? ${x.text} : ${y.text})`, (trace) => (test.value(trace) ? x : y).value(trace)),
          ),
      },
    ),
    condition: fc.oneof(
      { maxDepth: 3 },
      {
        weight: 3,
        arbitrary: fc.tuple(entryOf(RELATIONS), e, e).map(([[sign, holds], x, y]) => ({
          text: `(${x.text} ${sign} ${y.text})`,
          value: (trace: Trace) => holds(x.value(trace), y.value(trace)),
        })),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.constantFrom('&&', '||'), tie('condition'), tie('condition')).map(([sign, x, y]) => ({
          text: `(${x.text} ${sign} ${y.text})`,
          value: (trace: Trace) =>
            sign === '&&' ? x.value(trace) && y.value(trace) : x.value(trace) || y.value(trace),
        })),
      },
      {
        weight: 1,
        arbitrary: tie('condition').map((x) => ({ text: `!${x.text}`, value: (trace: Trace) => !x.value(trace) })),
      },
    ),
  };
});

function compiled(text: string) {
  try {
    return compileModule(moduleOf(`${DECLARED}\nreturn give(${text});`));
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}

function onNumbers(text: string, given: readonly number[]): number {
  const compute = new Function(...INPUTS.map(({ name }) => name), `return ${text};`);
  return Number(Reflect.apply(compute, undefined, given));
}

describe('integer expressions', () => {
  it('give what they give on exact integers, and in JavaScript where its numbers are exact', () => {
    let accepted = 0;
    const property = fc.property(
      expression,
      fc.array(inputs, { minLength: 4, maxLength: 4 }),
      ({ text, value }, rows) => {
        const program = compiled(text);
        if (program === undefined) return;
        accepted += 1;
        for (const given of rows) {
          const trace: Trace = { inputs: given.map(BigInt), largest: 0n };
          const expected = value(trace);
          expect(run(program, given).given, text).toBe(expected);
          if (trace.largest <= BigInt(Number.MAX_SAFE_INTEGER))
            expect(BigInt(onNumbers(text, given)), text).toBe(expected);
        }
      },
    );
    fc.assert(property, { numRuns: 300 });
    // Most of what is generated is within the rules, or this proves little.
    expect(accepted).toBeGreaterThan(120);
  });
});
