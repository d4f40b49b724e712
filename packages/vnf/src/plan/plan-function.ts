import type { FunctionSpec, NoticeSpec, ReasonSpec } from '../spec/specs.ts';
import { counterSlots } from './counter-slots.ts';
import type { FunctionPlan, ReasonPlan, RuleSetPlan } from './function-plan.ts';
import { planTable } from './plan-table.ts';
import type { TablePlan } from './table-plan.ts';
import { valueLayout } from './value.ts';

/** Everything about a function that compiler and runtime must agree on. Pure: the same spec gives the same plan. */
export function planFunction(spec: FunctionSpec): FunctionPlan {
  const { tables, ruleSets } = planTables(spec);
  const declared = Object.entries(spec.reasons).map(([name, reason], index) => planReason(name, index, reason));
  const reasons = [...declared, ...planChanges(tables, declared.length)];
  return Object.freeze({
    name: spec.name,
    tables: Object.freeze(tables),
    counters: Object.freeze({ slots: counterSlots(reasons, tables, Object.keys(spec.counters.help)) }),
    reasons: Object.freeze(reasons),
    ruleSets: Object.freeze(ruleSets),
    ports: spec.ports,
  });
}

function planTables(spec: FunctionSpec): { readonly tables: TablePlan[]; readonly ruleSets: RuleSetPlan[] } {
  const tables: TablePlan[] = [];
  const ruleSets: RuleSetPlan[] = [];
  const nameOfNotice = (notice: NoticeSpec) => nameOfReason(spec, notice);
  for (const [path, table] of Object.entries(spec.tables)) {
    if (table.kind !== 'ruleSet') {
      tables.push(planTable(table, { path, ruleSet: undefined, nameOfNotice }));
      continue;
    }
    const members = Object.entries(table.tables).map(([name, member]) =>
      planTable(member, { path: `${path}.${name}`, ruleSet: path, nameOfNotice }),
    );
    tables.push(...members);
    const paths = members.map((member) => member.path);
    ruleSets.push(Object.freeze({ path, tables: Object.freeze(paths), generationIndex: ruleSets.length }));
  }
  return { tables, ruleSets };
}

function nameOfReason({ reasons }: FunctionSpec, notice: NoticeSpec): string {
  const found = Object.entries(reasons).find(([, reason]) => reason === notice);
  if (found === undefined) throw new Error('a table names a notice that the function does not list');
  return found[0];
}

/** Each table that tells of changes has a reason, whose metadata is the key. */
function planChanges(tables: readonly TablePlan[], first: number): readonly ReasonPlan[] {
  const specs = tables.flatMap(({ path, spec }) => {
    if (spec.kind !== 'table' || spec.tellPerSecond === undefined) return [];
    return [{ path, key: spec.key, limitPerSecond: spec.tellPerSecond }];
  });
  return specs.map(({ path, key, limitPerSecond }, index) => {
    const spec: NoticeSpec = { kind: 'notice', metadata: { key }, limitPerSecond, text: undefined };
    return Object.freeze({ ...planReason(`${path} changed`, first + index, spec), changesOf: path });
  });
}

function planReason(name: string, index: number, reason: ReasonSpec): ReasonPlan {
  const { kind, metadata, limitPerSecond } = reason;
  const isPacketIn = kind === 'packetIn';
  return Object.freeze({
    name,
    index,
    kind,
    metadata: Object.keys(metadata).length === 0 ? undefined : valueLayout(metadata).value,
    limitPerSecond,
    snap: kind === 'notice' ? undefined : reason.snap,
    way: kind === 'notice' ? 'ring' : reason.way,
    backlog: kind === 'notice' ? undefined : reason.backlog,
    overLimit: isPacketIn ? reason.overLimit : undefined,
    unanswered: isPacketIn ? reason.unanswered : undefined,
    answerWithinNs: isPacketIn ? reason.answerWithinNs : undefined,
  });
}
