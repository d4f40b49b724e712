// What a started chain offers.

import type { ChainSpec } from '@twinpath/vnf/chain';
import type { FunctionData, TableEntry } from '../instance/instance-handle.ts';
import type { ChainError } from './chain-error.ts';
import type { FunctionMeasures } from './measures.ts';
import type { ChainStatistics, FunctionStatistics } from './statistics.ts';

export interface RunningFunction {
  /** In its chain. */
  readonly name: string;
  /** What is declared, without the author's code. */
  readonly spec: FunctionData;
  /** The configuration in force, as the schema gave it. */
  config(): unknown;
  /** Runs an operation of the function. @throws ConfigError for an input that it does not take. */
  operate(operation: string, input: unknown): Promise<unknown>;
  statistics(): Promise<FunctionStatistics>;
  measures(): Promise<FunctionMeasures>;
  /** What a table holds, by its path (`rules.ordered`). @throws RangeError for a table that the function does not have. */
  entries(table: string): Promise<readonly TableEntry[]>;
}

export interface UnfusedFunction {
  readonly name: string;
  /** Of packets: what enters by the port, or leaves by it. */
  readonly direction: 'ingress' | 'egress';
  /** For people. */
  readonly why: string;
}

/** A port of a running chain. */
export interface RunningPort {
  /** In its chain. */
  readonly name: string;
  readonly interface: string;
  readonly namespace: string | undefined;
  /** What `hook: 'auto'` became. */
  readonly hook: 'xdp' | 'tcx';
  /** Why that one, for people. */
  readonly why: string;
  /** Of XDP: what `mode: 'auto'` became. */
  readonly mode: 'native' | 'generic' | undefined;
  /** What enters by it meets functions that are one program. */
  readonly isFused: boolean;
  /** Which; none: they are programs of their own. */
  readonly fused: readonly string[];
  /** Functions that packets still meet by tail calls though the chain is fused. */
  readonly unfused: readonly UnfusedFunction[];
  /** Its interface was removed, and is waited for. */
  readonly isWaiting: boolean;
}

/** What a chain's ground knows of it. */
export type PortDescription = Pick<RunningPort, 'why' | 'mode' | 'isFused' | 'fused' | 'unfused' | 'isWaiting'>;

export interface ReplaceOptions {
  /** For so long the new slow path is watched: if it fails, the old one goes on. Milliseconds, default 300. */
  readonly probationMs?: number;
}

export interface RunningChain extends AsyncDisposable {
  /** As it is wanted now. */
  readonly spec: ChainSpec;
  readonly functions: readonly RunningFunction[];
  readonly ports: readonly RunningPort[];
  /** `generic`: packets of a port meet the chain in the stack, which is slow. */
  readonly mode: 'native' | 'generic';
  /** Comes when the chain has lost what it cannot be without: an interface was removed for which it does not wait. Stopping it is left to who has it. */
  readonly lost: Promise<ChainError>;
  /**
   * Brings a function to another configuration; packets see the old one or the new one.
   * @throws ConfigError, ChainError, CompileError, VerifierError …; everything is as it was then.
   */
  configure(functionName: string, config: unknown): Promise<void>;
  /**
   * Brings the chain to another spec of the same name: other orders, functions more or less, other configurations, ports. A packet
   * that enters or leaves by a port meets the old chain or the new one; functions whose `use` stays keep their tables.
   * @throws as `configure` does; everything is as it was then.
   */
  change(spec: ChainSpec): Promise<void>;
  /**
   * Puts another version of a function, from another file, into the place of the present one. Packets meet the one or the other; tables
   * keep what they hold, migrated where their author declares how.
   * @throws LayoutChangedError, or as `configure` does; everything is as it was then.
   */
  replace(functionName: string, use: string, options?: ReplaceOptions): Promise<void>;
  statistics(): Promise<ChainStatistics>;
  /** Takes everything off the host. Harmless a second time. */
  stop(): Promise<void>;
}
