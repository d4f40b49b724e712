import {
  buildClassifier,
  type ClassifierShape,
  generateRules,
  generateTrace,
  linearOracle,
  SIZE_CLASSES,
} from '@twinpath/classifier';
import { BpfMap, BpfProgram } from '@twinpath/ebpf';
import { describe, expect, test } from 'vitest';
import { compileProgram } from '../backend/index.ts';
import { TABLE, tableSpec, walkPacket, walkProgram } from './walk-program.ts';

/** The largest shape: as many fields of every kind as there may be. */
const SHAPE: ClassifierShape = [
  { name: 'direction', kind: 'exact8' },
  { name: 'src', kind: 'prefix' },
  { name: 'dst', kind: 'prefix' },
  { name: 'protocol', kind: 'exact8' },
  { name: 'sport', kind: 'range16' },
  { name: 'dport', kind: 'range16' },
  { name: 'zone', kind: 'exact8' },
];

/** Both families together. Small changes of a loop's exits can multiply it; the kernel's limit is 1,000,000. */
const MOST_VERIFIER_STEPS = 60_000;

describe('the walk in the kernel', () => {
  test.for([
    [10, 'acl', 4000],
    [1000, 'fw', 4000],
    [10_000, 'acl', 1000],
    [10_000, 'fw', 1000],
    [10_000, 'ipc', 1000],
  ] as const)('answers as comparing rule after rule does, for %i rules of the mix %s', ([count, mix, packets]) => {
    const rules = generateRules({ shape: SHAPE, mix, count, seed: 21 });
    const { table, sizeClass } = buildClassifier(SHAPE, rules);
    using map = BpfMap.create(tableSpec(sizeClass));
    const value = new Uint8Array(sizeClass.valueBytes);
    value.set(table);
    map.update(new Uint8Array(4), value);
    using program = BpfProgram.load(compileProgram(walkProgram(SHAPE, sizeClass)).spec, { maps: { [TABLE]: map } });
    const keys = generateTrace({ shape: SHAPE, rules, count: packets, seed: 22 });
    const wrong = keys.filter((key) => {
      const { retval } = program.testRun({ data: walkPacket(SHAPE, key) });
      return retval !== (linearOracle(rules, key) ?? -1) + 1;
    });
    expect(wrong).toEqual([]);
  });

  test.for(SIZE_CLASSES)('is verified in few steps for tables of $tableBytes bytes', (sizeClass) => {
    using map = BpfMap.create(tableSpec(sizeClass));
    const { spec } = compileProgram(walkProgram(SHAPE, sizeClass));
    using program = BpfProgram.load(spec, { maps: { [TABLE]: map }, statistics: true });
    expect(program.statistics?.processed).toBeLessThan(MOST_VERIFIER_STEPS);
  });
});
