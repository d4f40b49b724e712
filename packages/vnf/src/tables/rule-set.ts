import type { liveFace } from '../faces.ts';
import type { LiveRuleSet } from '../live/tables.ts';
import { SPEC } from '../spec/spec-key.ts';
import type { AnyTableSpec, RuleSetSpec, SwitchedSpec } from '../spec/specs.ts';

/** Whatever `tables` of a function may list. */
export interface AnyTable {
  readonly [SPEC]: AnyTableSpec | RuleSetSpec;
  readonly [liveFace]?: unknown;
}
/** What Node writes whole, so that it can be part of a rule set: all but a tally. */
export interface SwitchedTable extends AnyTable {
  readonly [SPEC]: SwitchedSpec;
}
/** Tables that change together: one packet sees all of them old, or all of them new. */
export type RuleSet<T> = T & { readonly [SPEC]: RuleSetSpec; readonly [liveFace]?: LiveRuleSet<T> };

export function ruleSet<T extends Readonly<Record<string, SwitchedTable>>>(tables: T): RuleSet<T> {
  const specs = Object.entries(tables).map(([name, table]) => [name, table[SPEC]] as const);
  const spec: RuleSetSpec = Object.freeze({ kind: 'ruleSet', tables: Object.freeze(Object.fromEntries(specs)) });
  return Object.freeze({ ...tables, [SPEC]: spec });
}
