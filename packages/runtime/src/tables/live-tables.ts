import { generationIndex } from '@twinpath/compiler/abi';
import type { FunctionPlan, RuleSetPlan, TablePlan } from '@twinpath/vnf/plan';
import { ArrayTable } from './array-table.ts';
import { type ClassifierElements, ClassifierTable, type PresentRules, presentRules } from './classifier-table.ts';
import type { GenerationSwitch } from './generation-switch.ts';
import type { InstanceMaps } from './instance-maps.ts';
import { KeyedTable } from './keyed-table.ts';
import { plainPlace } from './place.ts';
import { type Prepared, RuleSet, type SwitchedMember } from './rule-set.ts';
import type { InstanceState } from './state.ts';
import { SwitchedMaps } from './switched-table.ts';
import { TableCodec } from './table-codec.ts';
import { TallyTable } from './tally-table.ts';

export type LiveTableObject = KeyedTable | ArrayTable | ClassifierTable | TallyTable;
/** Its members by name, and `replace` for several of them at once. */
export type LiveRuleSetObject = Readonly<Record<string, LiveTableObject | ((contents: object) => void)>>;

/** What live tables stand on; it differs between running tables and staged ones. */
export interface TableSetting {
  readonly maps: InstanceMaps;
  readonly state: InstanceState;
  /** The function's ports in order of their index. */
  readonly ports: readonly string[];
  generations(index: number): GenerationSwitch;
  elements(table: TablePlan): ClassifierElements;
  /** Rules that a classifier has from the start; `undefined`: those that lie in the maps. */
  rules(path: string): PresentRules | undefined;
}

/** The tables of one function, as its slow path has them. */
export class LiveTableSet {
  /** By declared name: what an author's `tables` is. */
  readonly tables: Readonly<Record<string, LiveTableObject | LiveRuleSetObject>>;
  /** By path. */
  readonly keyed: ReadonlyMap<string, KeyedTable>;
  readonly classifiers: ReadonlyMap<string, ClassifierTable>;
  /** By index of their generation: sets of the author's, then classifiers that stand alone. */
  readonly ruleSets: ReadonlyMap<number, RuleSet>;

  constructor(plan: FunctionPlan, setting: TableSetting) {
    const builder = new Builder(plan, setting);
    this.tables = Object.freeze(builder.tables());
    this.keyed = builder.keyed;
    this.classifiers = builder.classifiers;
    this.ruleSets = builder.ruleSets;
  }
}

class Builder {
  readonly keyed = new Map<string, KeyedTable>();
  readonly classifiers = new Map<string, ClassifierTable>();
  readonly ruleSets = new Map<number, RuleSet>();
  readonly #plan: FunctionPlan;
  readonly #setting: TableSetting;

  constructor(plan: FunctionPlan, setting: TableSetting) {
    this.#plan = plan;
    this.#setting = setting;
  }

  tables(): Record<string, LiveTableObject | LiveRuleSetObject> {
    const alone = this.#plan.tables.filter(({ ruleSet }) => ruleSet === undefined);
    const sets = this.#plan.ruleSets.map((set) => [set.path, this.#ruleSetObject(set)] as const);
    return Object.fromEntries([...alone.map((plan) => [plan.path, this.#table(plan)] as const), ...sets]);
  }

  #ruleSetObject({ path, tables, generationIndex: index }: RuleSetPlan): LiveRuleSetObject {
    const members = this.#plan.tables
      .filter((plan) => tables.includes(plan.path))
      .map((plan) => [plan.path.slice(path.length + 1), this.#table(plan)] as const);
    const ruleSet = this.#ruleSet(index);
    const replace = (contents: object) => replaceAll(ruleSet, path, contents);
    return Object.freeze({ ...Object.fromEntries(members), replace });
  }

  #table(plan: TablePlan): LiveTableObject {
    const { maps, state, ports } = this.#setting;
    if (plan.kind === 'classifier') return this.#classifier(plan);
    const codec = new TableCodec(plan, { cpus: maps.cpus, ports });
    const index = generationIndex(this.#plan, plan);
    const switched = index === undefined ? undefined : new SwitchedMaps(plan, maps, this.#ruleSet(index));
    const place = switched?.place ?? plainPlace(plan, maps);
    if (plan.kind === 'tally') return new TallyTable(codec, place, maps);
    const table = plan.kind === 'array' ? new ArrayTable(codec, place) : new KeyedTable(codec, place, state);
    switched?.encodeWith(table);
    if (table instanceof KeyedTable) this.keyed.set(plan.path, table);
    return table;
  }

  #classifier(plan: TablePlan): ClassifierTable {
    const { maps, elements, rules } = this.#setting;
    const ruleSet = this.#ruleSet(generationIndex(this.#plan, plan) ?? 0);
    const present = rules(plan.path) ?? presentRules(plan, maps, ruleSet.current);
    const table = new ClassifierTable(plan, maps, { ruleSet, elements: elements(plan), present });
    this.classifiers.set(plan.path, table);
    return table;
  }

  #ruleSet(index: number): RuleSet {
    const ruleSet = this.ruleSets.get(index) ?? new RuleSet(this.#setting.generations(index));
    this.ruleSets.set(index, ruleSet);
    return ruleSet;
  }
}

function replaceAll(ruleSet: RuleSet, path: string, contents: object): void {
  const prepared = new Map<SwitchedMember, Prepared>();
  for (const [name, given] of Object.entries(contents)) {
    const member = ruleSet.members.find((candidate) => candidate.path === `${path}.${name}`);
    if (member === undefined) throw new TypeError(`rule set ${path} has no table ${name}`);
    if (given !== undefined) prepared.set(member, member.prepare(given));
  }
  ruleSet.replace(prepared);
}
