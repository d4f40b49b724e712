import type { Layout } from '../layout/layout.ts';
import type { PortsSpec, ReasonSpec } from '../spec/specs.ts';
import type { TablePlan } from './table-plan.ts';

export interface ReasonPlan {
  readonly name: string;
  /** The table of whose changes it tells, by path; such reasons are not the author's, and come behind theirs. */
  readonly changesOf?: string;
  /** In the order declared, from 0: the number in messages. */
  readonly index: number;
  readonly kind: ReasonSpec['kind'];
  /** `undefined`: there is none. `ip` fields are tagged, 16 bytes. A multiple of 8 bytes. */
  readonly metadata: Layout | undefined;
  /** Of all CPUs together. */
  readonly limitPerSecond: number;
  /** Bytes of the packet that go up; `undefined`: all of it (for a notice: nothing). */
  readonly snap: number | undefined;
  readonly way: 'ring' | 'interface' | 'xsk';
  /** Bytes that may wait in the ring; `undefined`: nothing is said. */
  readonly backlog: number | undefined;
  /** For `packetIn`; others pass the packet on anyway. */
  readonly overLimit: 'drop' | 'next' | 'stack' | undefined;
  readonly unanswered: 'drop' | 'resume' | undefined;
  readonly answerWithinNs: number | undefined;
}

/** Tables that change together. Each of `tables` has maps of two generations (MapPlan.generation); the fast path reads the
 *  current one, a u32 that is 0 or 1, once for each packet, and the runtime fills the other and then switches. Classifiers
 *  among them have no maps here and switch by themselves with the same generation. */
export interface RuleSetPlan {
  readonly path: string;
  /** Paths of its tables. */
  readonly tables: readonly string[];
  /** Which of the function's generation words is this set's, from 0. */
  readonly generationIndex: number;
}

export interface FunctionPlan {
  readonly name: string;
  readonly tables: readonly TablePlan[];
  /** Names of the u64 slots of the one per-CPU array value that all counters of the function share; see `counterSlots`. */
  readonly counters: { readonly slots: readonly string[] };
  readonly reasons: readonly ReasonPlan[];
  readonly ruleSets: readonly RuleSetPlan[];
  readonly ports: PortsSpec;
}
