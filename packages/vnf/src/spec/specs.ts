// What declarations are at run time: plain frozen data that the plan, the compiler and the runtime read.
// Durations are the author's text here; plans have them in the units of their user.

import type { ZodType } from 'zod';
import type { Duration } from '../functions/duration.ts';
import type { KeyShape, Shape } from '../types/type.ts';

export interface MigrationSpec {
  readonly kind: 'migration';
  readonly from: number;
  readonly was: Shape;
  readonly becomes: Shape;
  /** From a decoded old value to a new one; `undefined` drops the entry. */
  upgrade(old: unknown): unknown;
}

interface Kept {
  readonly durable: boolean;
  readonly layoutVersion: number;
  readonly migrate: readonly MigrationSpec[];
}
/** One duration for all entries, or one for each name of the enumeration in one field of the value. */
export type IdleTimeout = Duration | { readonly [field: string]: Readonly<Record<string, Duration>> | undefined };

export interface TableSpec extends Kept {
  readonly kind: 'table';
  readonly key: KeyShape;
  readonly value: Shape;
  readonly max: number;
  readonly whenFull: 'refuse' | 'evict' | NoticeSpec;
  readonly idleTimeout: IdleTimeout | undefined;
  readonly timeout: Duration | undefined;
  readonly perCpu: boolean;
  /** Changes by the fast path that the slow path is told of, of all CPUs together; `undefined`: none. */
  readonly tellPerSecond: number | undefined;
}
export interface LpmSpec extends Kept {
  readonly kind: 'lpm';
  readonly key: KeyShape;
  readonly value: Shape;
  readonly max: number;
}
export interface ArraySpec extends Kept {
  readonly kind: 'array';
  readonly value: Shape;
  readonly max: number;
  readonly perCpu: boolean;
}
export interface ClassifierSpec {
  readonly kind: 'classifier';
  readonly match: Shape;
  readonly value: Shape;
  readonly max: number;
}
export interface TallySpec {
  readonly kind: 'tally';
  readonly by: Shape;
  readonly max: number;
  readonly help: string;
}
export type AnyTableSpec = TableSpec | LpmSpec | ArraySpec | ClassifierSpec | TallySpec;
/** What can be a member of a rule set. */
export type SwitchedSpec = TableSpec | LpmSpec | ArraySpec | ClassifierSpec;
export interface RuleSetSpec {
  readonly kind: 'ruleSet';
  readonly tables: Readonly<Record<string, SwitchedSpec>>;
}

export interface CountersSpec {
  readonly kind: 'counters';
  /** The sentence that documents each, by name, in the order declared. */
  readonly help: Readonly<Record<string, string>>;
}

interface Limited {
  readonly metadata: Shape;
  /** Per second, of all CPUs together. */
  readonly limitPerSecond: number;
}
interface CarriesPacket extends Limited {
  /** Bytes that go up; `undefined`: all. */
  readonly snap: number | undefined;
  readonly way: 'ring' | 'interface' | 'xsk';
  /** Bytes that may wait in the ring; `undefined`: nothing is said. */
  readonly backlog: number | undefined;
}
export interface PacketInSpec extends CarriesPacket {
  readonly kind: 'packetIn';
  readonly overLimit: 'drop' | 'next' | 'stack';
  readonly unanswered: 'drop' | 'resume';
  readonly answerWithinNs: number;
}
export interface PacketCopySpec extends CarriesPacket {
  readonly kind: 'packetCopy';
}
export interface NoticeSpec extends Limited {
  readonly kind: 'notice';
  /** Of a log line, with `{field}` where a field of its metadata stands; `undefined`: the slow path has a handler. */
  readonly text: string | undefined;
}
export type ReasonSpec = PacketInSpec | PacketCopySpec | NoticeSpec;

/** Only these exist on Node; other verdicts are calls in the fast path. */
export interface VerdictSpec {
  readonly kind: 'verdict';
  readonly verdict: 'drop' | 'next' | 'stack' | 'bounce';
}

export interface PortGroupSpec {
  readonly kind: 'portGroup';
  readonly max: number;
}
export type PortsSpec =
  | { readonly kind: 'transparent' }
  | { readonly kind: 'named'; readonly names: readonly string[] }
  | PortGroupSpec;

/** The author's code with the types of its one function erased. */
export interface OperationSpec {
  readonly summary: string;
  readonly input: ZodType;
  run(instance: object, input: unknown): unknown;
}
/** Nanoseconds by the path of a table; where its timeout goes by a field, by the value's names. */
export type IdleTimeouts = Readonly<Record<string, number | Readonly<Record<string, number | undefined>>>>;

export interface FunctionSpec {
  readonly kind: 'vnf';
  readonly name: string;
  readonly summary: string | undefined;
  /** `undefined`: the function takes no configuration. */
  readonly config: ZodType | undefined;
  readonly tables: Readonly<Record<string, AnyTableSpec | RuleSetSpec>>;
  readonly counters: CountersSpec;
  readonly reasons: Readonly<Record<string, ReasonSpec>>;
  readonly ports: PortsSpec;
  /** Which fast paths there are. Their code is read from the source, never called. */
  readonly fastPath: 'one' | 'ingress and egress';
  nameOfDecision?(decision: number, config: unknown): string;
  namesOfRules?(config: unknown): Readonly<Record<string, readonly string[]>>;
  idleTimeouts?(config: unknown): IdleTimeouts;
  unusedTables?(config: unknown): readonly string[];
  configure?(instance: object): unknown;
  slowPath?(instance: object): unknown;
  readonly operations: Readonly<Record<string, OperationSpec>>;
}
