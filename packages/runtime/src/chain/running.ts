// What a started chain offers.

import type { ChainSpec } from './spec.ts';
import type { ChainStatistics } from './statistics.ts';

export interface RunningFunction {
  /** In its chain. */
  readonly name: string;
  /** Of the spec: `firewall`. */
  readonly kind: string;
  /** By declared name; typed for authors as `LiveTables`. */
  readonly tables: Readonly<Record<string, unknown>>;
  /** The author's counters: sums over all CPUs, read when asked for. */
  readonly counters: object;
  /** The configuration in force, as the schema gave it. */
  config(): unknown;
  /** Runs an operation of the function. @throws ConfigError for an input that it does not take. */
  operate(operation: string, input: unknown): Promise<unknown>;
}

export interface RunningChain extends AsyncDisposable {
  readonly spec: ChainSpec;
  readonly functions: readonly RunningFunction[];
  /** What `mode: 'auto'` became. */
  readonly mode: 'native' | 'generic';
  /**
   * Brings a function to another configuration; packets see the old one or the new one.
   * @throws ConfigError, ChainError, CompileError, VerifierError …; everything is as it was then.
   */
  configure(functionName: string, config: unknown): Promise<void>;
  statistics(): ChainStatistics;
  /** Takes everything off the host. Harmless a second time. */
  stop(): Promise<void>;
}
