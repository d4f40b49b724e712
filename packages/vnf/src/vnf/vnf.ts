import type { output as Output, ZodType } from 'zod';
import type { AnyCounters } from '../counters/counters.ts';
import type { kind } from '../faces.ts';
import type { ConfigureContext, Handlers, Instance, SlowPathContext } from '../live/instance.ts';
import type { Packet } from '../packet/packet.ts';
import type { PortGroup } from '../ports/ports.ts';
import type { Reason } from '../reasons/reasons.ts';
import type { FunctionSpec, IdleTimeouts } from '../spec/specs.ts';
import type { AnyTable } from '../tables/rule-set.ts';
import type { Verdict } from '../verdicts/verdicts.ts';
import { functionSpec } from './function-spec.ts';

/** Numbers, booleans, enumerations, addresses and objects of these are constants of the fast path. */
export type Constants<C> = { readonly [K in keyof C]: ConstantOf<C[K]> };
type ConstantOf<V> = V extends string | number | boolean | null | undefined
  ? V
  : V extends readonly unknown[]
    ? NotAConstant
    : string extends keyof V
      ? NotAConstant
      : Constants<V>;
export interface NotAConstant {
  readonly 'lists and maps are no constants of the fast path: let configure() put them into a table': never;
}
export type FastPath<C> = (packet: Packet, config: Constants<C>) => Verdict;

export interface VnfSpec<C extends ZodType, T, K, R, P extends string, O extends Readonly<Record<string, ZodType>>> {
  readonly name: string;
  /** One sentence for lists and the dashboard. */
  readonly summary?: string;
  readonly config?: C;
  readonly tables?: T;
  readonly counters?: K;
  readonly reasons?: R;
  /** Standard functions: names, or one group. A transparent function has none. */
  readonly ports?: readonly P[] | PortGroup;
  /** One for all directions, or, for a transparent function, one for what enters the host and one for what leaves it. Left out:
   *  every packet goes up, with the function's one reason. */
  readonly fastPath?:
    | FastPath<Output<C>>
    | { readonly ingress: FastPath<Output<C>>; readonly egress: FastPath<Output<C>> };
  /** What `decidedBy(decision)` of the fast path means, in a few words. */
  nameOfDecision?(decision: number, config: Output<C>): string;
  /** What the entries of classifiers are called in metrics, in order, by the classifier's path (`rules.ordered`). Entries of one name
   *  are one rule. Default: their numbers. */
  namesOfRules?(config: Output<C>): Readonly<Record<string, readonly string[]>>;
  /** Idle timeouts that a configuration sets, in nanoseconds (as `duration()` gives them), by the path of the table; where the
   *  table's timeout goes by a field, by the value's names. What is left out is as the table declares it. */
  idleTimeouts?(config: Output<C>): IdleTimeouts;
  /** Tables that a configuration has no use for, by path: they take hardly any memory and may forget what is put there. Each a `table()`
   *  by itself, not durable. A configuration that uses them again finds them empty. */
  unusedTables?(config: Output<C>): readonly (keyof T & string)[];
  /** Brings the tables to a configuration, before it takes effect. An exception rolls the change back. */
  configure?(instance: ConfigureContext<Output<C>, T, K, P>): void | Promise<void>;
  /** Runs once for each instance; what it returns are the handlers of the reasons. */
  slowPath?(instance: SlowPathContext<Output<C>, T, K, P>): Handlers<R> | Promise<Handlers<R>>;
  /** What is done rather than configured: flush, drain. The result is JSON. Appears in REST, CLI and dashboard. */
  readonly operations?: { readonly [N in keyof O]: Operation<O[N], Instance<Output<C>, T, K, P>> };
}
export interface Operation<I extends ZodType, X> {
  readonly summary: string;
  readonly input: I;
  run(instance: X, input: Output<I>): unknown;
}
/** A function's spec: plain frozen data. */
export interface Vnf<C extends ZodType, T, K, R, P extends string> extends FunctionSpec {
  readonly [kind]?: { config: C; tables: T; counters: K; reasons: R; ports: P };
}

// An empty object type is what an author who declares nothing has.
// biome-ignore lint/complexity/noBannedTypes: `object` would allow any member
type None = {};

/** One network function, both paths. @throws VnfSpecError that says where, why, and what to do */
export function vnf<
  C extends ZodType = ZodType<None>,
  T extends Readonly<Record<string, AnyTable>> = None,
  K extends AnyCounters = AnyCounters,
  R extends Readonly<Record<string, Reason>> = None,
  const P extends string = string,
  O extends Readonly<Record<string, ZodType>> = None,
>(spec: VnfSpec<C, T, K, R, P, O>): Vnf<C, T, K, R, P> {
  return functionSpec(spec, vnf);
}
