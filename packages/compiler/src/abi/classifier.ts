// A classifier's maps. Its tree and the values of its rules are one element, so that both change together; there are two, one
// for each generation, and a program reads the one that the generation bit names without a lookup.
//
//   0            class.valueBytes                  + max × value size
//   ┌────────────┬────────────────────────────────┬────────────────────────────────┐
//   │ tree       │ value of rule 0, rule 1, …     │ rules, for Node alone          │
//   └────────────┴────────────────────────────────┴────────────────────────────────┘
import type { ClassifierShape, FieldKind, SizeClass } from '@twinpath/classifier';
import type { MapSpec } from '@twinpath/ebpf';
import type { TablePlan } from '@twinpath/vnf/plan';
import type { TypeSpec } from '@twinpath/vnf/spec';

export const classifierMap = (table: TablePlan, generation: 0 | 1): string => `${table.path}@${generation}`;
/** Packets that each rule decided: u64 for each CPU, by rule number. */
export const hitsMap = (table: TablePlan): string => `${table.path}.hits`;

export function classifierShape({ match = [] }: TablePlan): ClassifierShape {
  return match.map(({ name, type }) => ({ name, kind: fieldKind(name, type) }));
}

function fieldKind(name: string, type: TypeSpec): FieldKind {
  if (type.kind === 'prefix') return 'prefix';
  if (type.kind === 'portRange') return 'range16';
  if (type.size === 1) return 'exact8';
  throw new Error(`a classifier cannot match ${name}: it is no prefix, no port range and longer than a byte`);
}

export function classifierMax({ spec, path }: TablePlan): number {
  if (spec.kind !== 'classifier') throw new Error(`${path} is no classifier`);
  return spec.max;
}

/** Where the value of rule `number` lies in the element. */
export const ruleValueOffset = (table: TablePlan, sizeClass: SizeClass, number: number): number =>
  sizeClass.valueBytes + number * table.value.size;

/** Where rules lie as Node reads them again: u32 how many in 8 bytes, then a record of each. */
export const ruleRecordsOffset = (table: TablePlan, sizeClass: SizeClass): number =>
  ruleValueOffset(table, sizeClass, classifierMax(table));

/** Bytes of what a rule asks of a field. */
export const RULE_FIELD_BYTES: Readonly<Record<FieldKind, number>> = { prefix: 18, range16: 5, exact8: 2 };

/** A u64 of hits, and the fields in order. */
export function ruleRecordSize(table: TablePlan): number {
  const fields = classifierShape(table).reduce((sum, { kind }) => sum + RULE_FIELD_BYTES[kind], 0);
  return 8 + Math.ceil(fields / 8) * 8;
}

export function classifierMaps(table: TablePlan, sizeClass: SizeClass): readonly MapSpec[] {
  const max = classifierMax(table);
  const generation = (number: 0 | 1): MapSpec => ({
    name: classifierMap(table, number),
    type: 'array',
    keySize: 4,
    valueSize: ruleRecordsOffset(table, sizeClass) + 8 + max * ruleRecordSize(table),
    maxEntries: 1,
    flags: ['mmapable'],
  });
  const hits: MapSpec = { name: hitsMap(table), type: 'percpu-array', keySize: 4, valueSize: 8, maxEntries: max };
  return [generation(0), generation(1), hits];
}
