import { parseDuration } from '../functions/duration.ts';
import type { Layout } from '../layout/layout.ts';
import type { AnyTableSpec, ClassifierSpec, NoticeSpec, TableSpec, TallySpec } from '../spec/specs.ts';
import { traffic } from '../types/fields.ts';
import { isType } from '../types/type.ts';
import { arrayMaps, keyedMaps, overflowOf } from './maps.ts';
import type { HiddenFields, IdlePlan, PlannedMapType, TablePlan } from './table-plan.ts';
import { valueLayout } from './value.ts';

export interface TablePlace {
  readonly path: string;
  readonly ruleSet: string | undefined;
  /** The name of a declared reason. */
  nameOfNotice(notice: NoticeSpec): string;
}

/** The single truth about a table, from which the compiler makes code and the runtime makes maps. */
export function planTable(spec: AnyTableSpec, place: TablePlace): TablePlan {
  switch (spec.kind) {
    case 'table':
      return planHash(spec, place);
    case 'lpm': {
      const { value } = valueLayout(spec.value);
      return plan(spec, place, { value, maps: keyedMaps(shape(place, 'lpm-trie', value, spec.max), spec.key) });
    }
    case 'array': {
      const { value } = valueLayout(spec.value);
      const type = spec.perCpu ? 'percpu-array' : 'array';
      const maps = arrayMaps(shape(place, type, value, spec.max));
      return plan(spec, place, { value, maps, perCpu: spec.perCpu });
    }
    case 'classifier':
      return plan(spec, place, { value: valueLayout(spec.value).value, maps: [], match: matchOf(spec) });
    case 'tally':
      return planTally(spec, place);
  }
}

type Varying = Pick<TablePlan, 'value' | 'maps'> & Partial<TablePlan>;

function plan(spec: AnyTableSpec, { path, ruleSet }: TablePlace, varying: Varying): TablePlan {
  return Object.freeze({
    path,
    kind: spec.kind,
    spec,
    ...(ruleSet !== undefined && { ruleSet }),
    hidden: {},
    idle: undefined,
    timeoutSeconds: undefined,
    whenFull: 'refuse',
    perCpu: false,
    ...varying,
  });
}

function shape({ path, ruleSet }: TablePlace, type: PlannedMapType, value: Layout, maxEntries: number) {
  return { path, inRuleSet: ruleSet !== undefined, type, valueSize: value.size, maxEntries };
}

function planHash(spec: TableSpec, place: TablePlace): TablePlan {
  const { key, idleTimeout, timeout, whenFull, perCpu, max } = spec;
  const stamps: (keyof HiddenFields)[] = [];
  if (idleTimeout !== undefined) stamps.push('touched');
  if (timeout !== undefined) stamps.push('written');
  const { value, hidden } = valueLayout(spec.value, stamps);
  const type = `${whenFull === 'evict' ? 'lru-' : ''}${perCpu ? 'percpu-' : ''}hash` as const;
  return plan(spec, place, {
    value,
    hidden,
    maps: keyedMaps(shape(place, type, value, max), key),
    idle: idleOf(spec, value, place.path),
    timeoutSeconds: timeout === undefined ? undefined : seconds(timeout, `table ${place.path}, timeout`),
    whenFull: typeof whenFull === 'string' ? whenFull : { notice: place.nameOfNotice(whenFull) },
    perCpu,
  });
}

function planTally(spec: TallySpec, place: TablePlace): TablePlan {
  const { value } = valueLayout(traffic);
  return plan(spec, place, {
    value,
    maps: keyedMaps(shape(place, 'percpu-hash', value, spec.max), spec.by),
    overflow: overflowOf(place.path, value.size),
    perCpu: true,
  });
}

function matchOf({ match }: ClassifierSpec): NonNullable<TablePlan['match']> {
  return Object.entries(match).map(([name, type]) => {
    if (!isType(type)) throw new Error(`the classifier's field ${name} is nested`);
    return { name, type };
  });
}

function idleOf({ idleTimeout }: TableSpec, value: Layout, path: string): IdlePlan | undefined {
  if (idleTimeout === undefined) return undefined;
  const where = `table ${path}, idleTimeout`;
  if (typeof idleTimeout === 'string') return { by: 'all', seconds: seconds(idleTimeout, where) };
  const [[field, byName] = []] = Object.entries(idleTimeout);
  const found = value.fields.find((candidate) => candidate.path.length === 1 && candidate.path[0] === field);
  if (field === undefined || byName === undefined || found?.type.kind !== 'enum') {
    throw new Error(`${where} names no enumeration of the value`);
  }
  const bySeconds = found.type.names.map((name) => {
    const given = byName[name];
    if (given === undefined) throw new Error(`${where} says nothing of ${name}`);
    return seconds(given, `${where}, ${field} ${name}`);
  });
  return { by: 'field', field, offset: found.offset, seconds: bySeconds };
}

/** Rounded up, because the stamps are whole seconds and an entry must not go early. */
function seconds(text: string, where: string): number {
  return Math.ceil(parseDuration(text, where) / 1e9);
}
