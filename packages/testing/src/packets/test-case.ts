// What authors write: packets in, what becomes of them, and how tables and counters stand.

import type { PacketText } from '@twinpath/packet';
import type { Duration, LiveTables, Port, Vnf } from '@twinpath/vnf';
import type { input as Input, ZodType } from 'zod';

/** What became of a packet. `aborted`: the program gave up, which is a fault of the compiler. */
export type VerdictName = 'drop' | 'next' | 'stack' | 'bounce' | 'flood' | 'forward';

export interface TestStep<R, K> {
  readonly send: PacketText | Uint8Array;
  /** In by this port; default the first one. */
  readonly port?: Port;
  /** For functions with two fast paths; default `ingress`. */
  readonly direction?: 'ingress' | 'egress';
  /** Let this much time pass first. Entries that are too old then go. */
  readonly after?: Duration;
  readonly verdict: VerdictName | `forward ${string}` | `slowPath ${keyof R & string}`;
  /** What goes up with the packet; compared if given, whole. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The packet afterwards; not given: unchanged. Only what is said is compared, checksums always are. */
  readonly becomes?: PacketText | Uint8Array;
  /** Counters that this step raises, and by how much; all others must stay as they are. */
  readonly counts?: { readonly [N in keyof K]?: number };
}

export interface TestCase<C extends ZodType, T, K, R> {
  readonly title: string;
  /** Given: `configure` runs with it first. Not given: the defaults are the constants, and `configure` does not run. */
  readonly config?: Input<C>;
  /** Fills tables before the first step. */
  given?(tables: LiveTables<T>): void;
  readonly steps: readonly TestStep<R, K>[];
  /** Looks at tables behind the last step; what it throws is the case's failure. */
  finally?(tables: LiveTables<T>): void;
}

/** The cases of a function: `CaseOf<typeof firewall>`. */
export type CaseOf<V> = V extends Vnf<infer C, infer T, infer K, infer R, string> ? TestCase<C, T, K, R> : never;

/** A case of a function whose types are not known any more. */
export interface AnyTestCase {
  readonly title: string;
  readonly config?: unknown;
  given?(tables: object): void;
  readonly steps: readonly AnyTestStep[];
  finally?(tables: object): void;
}
export type AnyTestStep = TestStep<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>>;
