import type { ZodType } from 'zod';
import type { PortGroup } from '../ports/ports.ts';
import type { Reason } from '../reasons/reasons.ts';
import { rememberFile } from '../spec/file-of.ts';
import { setName } from '../spec/names.ts';
import { SPEC } from '../spec/spec-key.ts';
import type { CountersSpec, FunctionSpec, IdleTimeouts, OperationSpec, PortsSpec, ReasonSpec } from '../spec/specs.ts';
import type { AnyTable } from '../tables/rule-set.ts';
import { checkFunction } from './check-function.ts';

type Code = (...operands: never[]) => unknown;

/** What an author gives to `vnf()`, with its generics erased. */
export interface GivenSpec {
  readonly name: string;
  readonly summary?: string;
  readonly config?: ZodType;
  readonly tables?: Readonly<Record<string, AnyTable>>;
  readonly counters?: object;
  readonly reasons?: Readonly<Record<string, Reason>>;
  readonly ports?: readonly string[] | PortGroup;
  readonly fastPath?: Code | { readonly ingress: Code; readonly egress: Code };
  nameOfDecision?(decision: number, config: never): string;
  namesOfRules?(config: never): Readonly<Record<string, readonly string[]>>;
  idleTimeouts?(config: never): IdleTimeouts;
  unusedTables?(config: never): readonly string[];
  configure?(instance: object): unknown;
  slowPath?(instance: object): unknown;
  readonly operations?: Readonly<Record<string, OperationSpec>>;
}

const NO_COUNTERS: CountersSpec = Object.freeze({ kind: 'counters', help: Object.freeze({}) });

/** `caller`: the author's module is what called it. @throws VnfSpecError */
export function functionSpec(given: GivenSpec, caller: Code): FunctionSpec {
  const { name, summary, config, nameOfDecision, namesOfRules, idleTimeouts, unusedTables, configure, slowPath } =
    given;
  const spec: FunctionSpec = {
    kind: 'vnf',
    name,
    summary,
    config,
    tables: specsOf(given.tables ?? {}),
    counters: countersOf(given.counters),
    reasons: specsOf<ReasonSpec>(given.reasons ?? {}),
    ports: portsOf(given.ports),
    fastPath: fastPathsOf(given),
    ...(nameOfDecision !== undefined && { nameOfDecision }),
    ...(namesOfRules !== undefined && { namesOfRules }),
    ...(idleTimeouts !== undefined && { idleTimeouts }),
    ...(unusedTables !== undefined && { unusedTables }),
    ...(configure !== undefined && { configure }),
    ...(slowPath !== undefined && { slowPath }),
    operations: Object.freeze({ ...given.operations }),
  };
  checkFunction(spec, given);
  nameAll(spec);
  rememberFile(spec, caller);
  return Object.freeze(spec);
}

/** Without one, every packet goes up: of a transparent function in both directions. */
function fastPathsOf({ fastPath, ports }: GivenSpec): FunctionSpec['fastPath'] {
  return typeof fastPath === 'function' || (fastPath === undefined && ports !== undefined)
    ? 'one'
    : 'ingress and egress';
}

function specsOf<S>(declared: Readonly<Record<string, { readonly [SPEC]: S }>>): Readonly<Record<string, S>> {
  return Object.freeze(Object.fromEntries(Object.entries(declared).map(([name, value]) => [name, value[SPEC]])));
}

function countersOf(declared: GivenSpec['counters']): CountersSpec {
  return declared !== undefined && hasCounters(declared) ? declared[SPEC] : NO_COUNTERS;
}

export function hasCounters(declared: object): declared is { readonly [SPEC]: CountersSpec } {
  return SPEC in declared;
}

function portsOf(ports: GivenSpec['ports']): PortsSpec {
  if (ports === undefined) return Object.freeze({ kind: 'transparent' });
  if (SPEC in ports) return ports[SPEC];
  return Object.freeze({ kind: 'named', names: Object.freeze([...ports]) });
}

/** So that messages can say which table or reason they are about. */
function nameAll(spec: FunctionSpec): void {
  for (const [name, table] of Object.entries(spec.tables)) {
    setName(table, name);
    if (table.kind !== 'ruleSet') continue;
    for (const [member, inner] of Object.entries(table.tables)) setName(inner, `${name}.${member}`);
  }
}
