import {
  buildClassifier,
  type ClassifierShape,
  generateRules,
  generateTrace,
  linearOracle,
  type Rule,
} from '@twinpath/classifier';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import { validate } from '../ir/validate.ts';
import { TABLE, tableSpec, walkPacket, walkProgram } from './walk-program.ts';

const FIVE_TUPLE: ClassifierShape = [
  { name: 'src', kind: 'prefix' },
  { name: 'dst', kind: 'prefix' },
  { name: 'protocol', kind: 'exact8' },
  { name: 'sport', kind: 'range16' },
  { name: 'dport', kind: 'range16' },
];

/** Every number of fields of every kind that a shape may have, not every combination. */
const SHAPES: readonly ClassifierShape[] = [
  FIVE_TUPLE,
  [{ name: 'dport', kind: 'range16' }],
  [{ name: 'src', kind: 'prefix' }],
  [
    { name: 'dst', kind: 'prefix' },
    { name: 'src', kind: 'prefix' },
  ],
  [
    { name: 'protocol', kind: 'exact8' },
    { name: 'direction', kind: 'exact8' },
    { name: 'zone', kind: 'exact8' },
  ],
  [
    { name: 'direction', kind: 'exact8' },
    { name: 'dst', kind: 'prefix' },
    { name: 'protocol', kind: 'exact8' },
    { name: 'dport', kind: 'range16' },
    { name: 'zone', kind: 'exact8' },
  ],
];

function differences(shape: ClassifierShape, rules: readonly Rule[], count: number): number {
  const { table, sizeClass } = buildClassifier(shape, rules);
  const program = walkProgram(shape, sizeClass);
  validate(program);
  const maps = new EvaluatorMaps([tableSpec(sizeClass)]);
  const value = new Uint8Array(sizeClass.valueBytes);
  value.set(table);
  maps.store(TABLE).update(new Uint8Array(4), value, 'any');
  const keys = generateTrace({ shape, rules, count, seed: 2 });
  return keys.filter((key) => {
    const { returned } = evaluate(program, { packet: walkPacket(shape, key), maps });
    return returned !== BigInt((linearOracle(rules, key) ?? -1) + 1);
  }).length;
}

describe('the emitted walk answers as comparing rule after rule does', () => {
  test.for([
    [10, 'acl', 400],
    [1000, 'fw', 400],
    [10_000, 'ipc', 400],
  ] as const)('for %i rules of the mix %s', ([count, mix, packets]) => {
    const rules = generateRules({ shape: FIVE_TUPLE, mix, count, seed: 11 });
    expect(differences(FIVE_TUPLE, rules, packets)).toBe(0);
  });

  test.for(SHAPES.map((shape) => [shape.map(({ name }) => name).join(', '), shape] as const))(
    'for a classifier of %s',
    ([, shape]) => {
      const rules = generateRules({ shape, mix: 'fw', count: 200, seed: 5 });
      expect(differences(shape, rules, 300)).toBe(0);
    },
  );

  test('for no rules at all', () => {
    expect(differences(FIVE_TUPLE, [], 50)).toBe(0);
  });
});
