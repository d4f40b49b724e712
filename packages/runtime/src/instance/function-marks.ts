// What has to be known of a function whose tables another version of it takes over: how their bytes are to be read. Plain data.

import type { Layout } from '@twinpath/vnf/layout';
import type { FunctionPlan, TablePlan } from '@twinpath/vnf/plan';

export interface TableMarks {
  /** `layoutVersion` */
  readonly version: number;
  /** Fields, by name: their type and where they lie. */
  readonly key: Readonly<Record<string, string>>;
  readonly value: Readonly<Record<string, string>>;
  /** Bytes of a value, with what the runtime keeps behind the fields. */
  readonly valueSize: number;
  readonly perCpu: boolean;
  /** Kinds and room of its maps; of a classifier, whose maps are the compiler's, how many rules it has room for. */
  readonly maps: readonly string[];
}

export interface FunctionMarks {
  /** The name that the function gives itself. */
  readonly name: string;
  /** By path. */
  readonly tables: Readonly<Record<string, TableMarks>>;
  /** What the slots of the counters are. */
  readonly counters: readonly string[];
  /** What events say. */
  readonly reasons: readonly string[];
  /** What the generations of the state are of. */
  readonly generations: readonly string[];
}

export function functionMarks(plan: FunctionPlan): FunctionMarks {
  return {
    name: plan.name,
    tables: Object.fromEntries(plan.tables.map((table) => [table.path, tableMarks(table)])),
    counters: plan.counters.slots,
    reasons: plan.reasons.map(({ name, kind, metadata }) =>
      JSON.stringify([name, kind, metadata === undefined ? {} : fieldMarks(metadata)]),
    ),
    generations: [...plan.ruleSets.map(({ path }) => path), ...alone(plan)],
  };
}

/** Classifiers outside of rule sets have generations of their own (compiler/abi/generations.ts). */
const alone = ({ tables }: FunctionPlan): readonly string[] =>
  tables.flatMap(({ kind, path, ruleSet }) => (kind === 'classifier' && ruleSet === undefined ? [path] : []));

function tableMarks({ spec, maps, match, value, perCpu }: TablePlan): TableMarks {
  const version = 'layoutVersion' in spec ? spec.layoutVersion : 1;
  const fields = match?.map(({ name, type }) => [name, JSON.stringify(type)] as const);
  const key = fields === undefined ? fieldMarks(maps[0]?.key) : Object.fromEntries(fields);
  return {
    version,
    key,
    value: fieldMarks(value),
    valueSize: value.size,
    perCpu,
    maps:
      spec.kind === 'classifier'
        ? [`rules ${spec.max}`]
        : maps.map(({ name, type, maxEntries }) => `${name} ${type} ${maxEntries}`),
  };
}

export function fieldMarks(layout: Layout | undefined): Readonly<Record<string, string>> {
  const fields = layout?.fields ?? [];
  return Object.fromEntries(
    fields.map(({ path, type, offset }) => {
      const names = type.kind === 'enum' ? ` ${type.names.join('|')}` : '';
      const order = type.kind === 'integer' ? ` ${type.order}` : '';
      return [path.join('.'), `${type.kind}${order} of ${type.size} bytes at ${offset}${names}`];
    }),
  );
}

/** How a field differs, for people; `undefined`: in none. */
export function differenceOf(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string | undefined {
  for (const [field, was] of Object.entries(before)) {
    const is = after[field];
    if (is === undefined) return `field ${field} (${was}) is no more`;
    if (is !== was) return `field ${field} was ${was} and is ${is}`;
  }
  const added = Object.entries(after).find(([field]) => before[field] === undefined);
  return added && `field ${added[0]} (${added[1]}) is new`;
}
