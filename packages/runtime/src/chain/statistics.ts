// Numbers of a running chain: sums over all CPUs since it was started, but for programs: since they were loaded.

export interface ReasonStatistics {
  /** Handed to the slow path. */
  readonly up: number;
  readonly overLimit: number;
  /** The ring was full. */
  readonly lost: number;
  /** The slow path was not there. */
  readonly absent: number;
}

export interface ProgramStatistics {
  readonly hook: string;
  readonly name: string;
  /** The kernel's number of it. */
  readonly id: number;
  /** Counted only with `runTimeStatistics`. */
  readonly runs: number;
  /** Mean; 0 without runs. */
  readonly nsPerRun: number;
}

export type Answer = 'resume' | 'retry' | 'receive' | 'forward' | 'bounce' | 'stack' | 'drop' | 'reply';

export interface SlowPathStatistics {
  /** Events read from the ring. */
  readonly handedUp: number;
  readonly answered: Readonly<Record<Answer, number>>;
  /** Not answered within the time that the reason gives. */
  readonly unanswered: number;
  /** Retried for the fourth time, and dropped. */
  readonly looped: number;
  /** Answered although only their beginning came up, and dropped. */
  readonly truncated: number;
  /** Could not be sent back: too long, or the interface refused them. */
  readonly undelivered: number;
  readonly handlerErrors: number;
  /** Went up by an AF_XDP socket that had no room: the programs have counted them as gone up. */
  readonly lostAtSockets: number;
  /** Events that no function's plan knows. */
  readonly malformed: number;
  /** How often it failed and was started again; all other numbers here are since the last time. */
  readonly restarts: number;
}

export interface FunctionStatistics {
  readonly name: string;
  readonly packets: number;
  /** By verdict. */
  readonly verdicts: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, ReasonStatistics>>;
  /** How often each table was full, by path. */
  readonly tablesFull: Readonly<Record<string, number>>;
  /** The author's. */
  readonly counters: Readonly<Record<string, number>>;
  readonly programs: readonly ProgramStatistics[];
  readonly slowPath: SlowPathStatistics;
}

export interface ChainStatistics {
  readonly functions: readonly FunctionStatistics[];
}
