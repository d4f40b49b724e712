// What rules become in the tables that the fast path reads.

import { classesOf } from './classes.ts';
import type { Config } from './config.ts';
import { entriesOf } from './entries.ts';
import { isConditional, type Rule } from './rule.ts';
import { ruleIds, ruleName } from './rule-id.ts';

/** Contents of the rule set `rules`. */
export function contentsOf({ rules, uses }: Config) {
  const classes = classesOf(rules);
  const limited = rules.filter(({ limit }) => limit !== undefined);
  const ids = ruleIds(rules);
  const ordered = rules.flatMap((rule, index) => {
    const ruling = rulingOf(rule, ids[index] ?? 0, limited.indexOf(rule) + 1);
    return [...entriesOf(rule, classes)].map((match) => [match, ruling] as const);
  });
  return {
    ordered,
    ...(uses.flags && { flags: classes.flags.map((number) => ({ class: number })) }),
    ...(uses.vlans && { vlans: [...classes.vlans].map(([id, number]) => [{ id }, { class: number }] as const) }),
    ...(uses.interfaces && {
      interfaces: [...classes.interfaces].map(([port, number]) => [{ port }, { class: number }] as const),
    }),
  };
}

const U32 = 2 ** 32;

function rulingOf(rule: Rule, id: number, limit: number) {
  const { action, log, limit: interval = 0, burst } = rule;
  return {
    action: isConditional(rule) ? ('ask' as const) : action,
    rule: id,
    sample: log === undefined ? 0 : Math.max(1, Math.floor(U32 / log) - 1),
    limit,
    interval,
    advance: interval * (burst - 1),
  };
}

/** Names of the entries in `ordered`: those of their rules. */
export function namesOfEntries(rules: readonly Rule[]): readonly string[] {
  const classes = classesOf(rules);
  return rules.flatMap((rule, index) => [...entriesOf(rule, classes)].map(() => ruleName(rule, index)));
}

/** Packets that each rule has decided, first those that open flows where there is a table of flows. */
export function packetsByRule(rules: readonly Rule[], hits: (entry: number) => number): readonly number[] {
  const classes = classesOf(rules);
  let entry = 0;
  return rules.map((rule) => {
    let sum = 0;
    for (const _ of entriesOf(rule, classes)) sum += hits(entry++);
    return sum;
  });
}
