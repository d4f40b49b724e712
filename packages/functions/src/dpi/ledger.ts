// Verdicts on their way into the tables. The fast path goes on meanwhile, and may begin a new flow between the same ends at any
// moment: a verdict belongs to the flow that was born when its packets say.
import { type LiveTables, type Log, TableFullError, type TrafficTotals } from '@twinpath/vnf';
import { Applications, type ApplicationTables, textFor } from './applications.ts';
import type { Config } from './config.ts';
import type { Conversation } from './conversation.ts';
import type { FlowKey } from './fast-path.ts';
import { type Act, actFor, type Named, riskPolicyFor } from './policy.ts';
import type { details, early, flows, undecided } from './tables.ts';

export type Tables = ApplicationTables &
  LiveTables<{
    flows: typeof flows;
    undecided: typeof undecided;
    early: typeof early;
    details: typeof details;
  }>;

export interface Decision {
  readonly application: Named;
  /** nDPI's `ndpi_risk`. */
  readonly risks: bigint;
}

/** As tables have it. */
interface Verdict {
  readonly application: number;
  readonly risks: bigint;
  readonly riskPolicy: number;
}

/** A verdict on its way. */
interface Entry {
  readonly conversation: Conversation;
  readonly decision: Decision;
  readonly verdict: Verdict;
}

export class Ledger {
  readonly #tables: Tables;
  readonly #log: Log;
  readonly #applications: Applications;
  #isFull = false;

  constructor(tables: Tables, log: Log) {
    this.#tables = tables;
    this.#log = log;
    this.#applications = new Applications(tables);
  }

  /** What is to be done with packets of each; a verdict that is nobody's any more is missing. */
  enter(decided: ReadonlyMap<Conversation, Decision>, config: Config): ReadonlyMap<Conversation, Act> {
    const wanted = [...decided].flatMap(([conversation, decision]) =>
      this.#isWaiting(conversation) ? [this.#entry(conversation, decision, config)] : [],
    );
    const entered = this.#move(wanted);
    this.#tell(entered);
    return new Map(
      entered.map(({ conversation, decision: { application, risks } }) => [
        conversation,
        actFor(config, application, risks),
      ]),
    );
  }

  #entry(conversation: Conversation, decision: Decision, config: Config): Entry {
    const { application, risks } = decision;
    const number = this.#applications.numberOf(application, config);
    const verdict = { application: number, risks, riskPolicy: riskPolicyFor(config, application, risks) };
    return { conversation, decision, verdict };
  }

  /** The flow waits for a verdict still. */
  #isWaiting({ key, born }: Conversation): boolean {
    const waiting = this.#tables.undecided.get(key);
    return waiting?.born === born && waiting.application === 0;
  }

  /** Those whose flows are still there. */
  #move(wanted: readonly Entry[]): readonly Entry[] {
    const { flows, undecided } = this.#tables;
    const inFlows = this.#write(wanted);
    const early = new Map<number, TrafficTotals>();
    const [moved, withdrawn]: [FlowKey[], FlowKey[]] = [[], []];
    // From here on packets find the verdicts. What came before is counted now, and only now it is all there.
    const entered = wanted.filter((entry) => {
      const { key, born } = entry.conversation;
      const { application } = entry.verdict;
      const last = undecided.get(key);
      const isTheirs = last?.born === born;
      if (isTheirs) early.set(application, sum(early.get(application), last.traffic));
      if (inFlows.has(entry)) (isTheirs ? moved : withdrawn).push(key);
      else if (isTheirs) undecided.update(key, { ...entry.verdict, left: 0 });
      return isTheirs;
    });
    flows.deleteMany(withdrawn);
    undecided.deleteMany(moved);
    this.#count(early);
    return entered;
  }

  /** Those for which there is room. The others keep their verdict as long as the table of undecided ones has room for it. */
  #write(wanted: readonly Entry[]): ReadonlySet<Entry> {
    try {
      this.#tables.flows.setMany(wanted.map(flowOf));
      if (wanted.length > 0) this.#isFull = false;
      return new Set(wanted);
    } catch (error) {
      if (!(error instanceof TableFullError)) throw error;
      if (!this.#isFull) this.#log.warn(`${error.message}: verdicts stay in the table of undecided flows`);
      this.#isFull = true;
      return new Set(wanted.filter((entry) => this.#fits(entry)));
    }
  }

  #fits(entry: Entry): boolean {
    try {
      this.#tables.flows.set(...flowOf(entry));
      return true;
    } catch (error) {
      if (error instanceof TableFullError) return false;
      throw error;
    }
  }

  #count(traffic: ReadonlyMap<number, TrafficTotals>): void {
    const { early } = this.#tables;
    for (const [application, more] of traffic)
      early.set(application, { traffic: sum(early.get(application)?.traffic, more) });
  }

  #tell(entered: readonly Entry[]): void {
    const told = entered.flatMap(({ conversation: { key, finding } }) => {
      const { server = '', fingerprint = '' } = finding ?? {};
      if (server === '' && fingerprint === '') return [];
      return [[key, { server: textFor(server, 96), fingerprint: textFor(fingerprint, 48) }] as const];
    });
    this.#tables.details.setMany(told);
  }
}

function flowOf({ conversation: { key, isClosing }, verdict }: Entry) {
  const state = isClosing ? 'closing' : key.protocol === 'tcp' ? 'tcp' : 'other';
  return [key, { ...verdict, state }] as const;
}

const sum = (one: TrafficTotals | undefined, other: TrafficTotals): TrafficTotals => ({
  packets: (one?.packets ?? 0) + other.packets,
  bytes: (one?.bytes ?? 0) + other.bytes,
});
