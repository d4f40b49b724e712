// Verdicts on their way into the tables. The fast path goes on meanwhile, and may begin a new flow between the same ends at any
// moment: a verdict belongs to the flow that was born when its packets say.
import { type LiveTables, type Log, TableFullError } from '@twinpath/vnf';
import { Applications, type ApplicationTables, textFor } from './applications.ts';
import type { Finding } from './classifiers/index.ts';
import type { Config } from './config.ts';
import type { Conversation } from './conversation.ts';
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

  /** The flow waits for a verdict still. */
  isWaiting({ key, born }: Pick<Conversation, 'key' | 'born'>): boolean {
    const waiting = this.#tables.undecided.get(key);
    return waiting?.born === born && waiting.application === 0;
  }

  /** What is to be done with its packets. `undefined`: the verdict is nobody's any more. */
  enter(conversation: Conversation, { application, risks }: Decision, config: Config): Act | undefined {
    if (!this.isWaiting(conversation)) return undefined;
    const number = this.#applications.numberOf(application, config);
    const riskPolicy = riskPolicyFor(config, application, risks);
    if (!this.#move(conversation, { application: number, risks, riskPolicy })) return undefined;
    this.#tell(conversation, application);
    return actFor(config, application, risks);
  }

  #move(conversation: Conversation, verdict: Verdict): boolean {
    const { key, born, isClosing } = conversation;
    const { flows, undecided } = this.#tables;
    const state = isClosing ? 'closing' : key.protocol === 'tcp' ? 'tcp' : 'other';
    const isEntered = this.#tryToSet(() => flows.set(key, { ...verdict, state }));
    // From here on packets find the verdict. What came before is counted now, and only now it is all there.
    const last = undecided.get(key);
    if (last?.born !== born) {
      if (isEntered) flows.delete(key);
      return false;
    }
    if (isEntered) undecided.delete(key);
    else undecided.update(key, { ...verdict, left: 0 });
    this.#count(verdict.application, last.traffic);
    return true;
  }

  /** `false`: there is no room. The flow keeps its verdict as long as the table of undecided ones has room for it. */
  #tryToSet(set: () => void): boolean {
    try {
      set();
      this.#isFull = false;
      return true;
    } catch (error) {
      if (!(error instanceof TableFullError)) throw error;
      if (!this.#isFull) this.#log.warn(`${error.message}: verdicts stay in the table of undecided flows`);
      this.#isFull = true;
      return false;
    }
  }

  #count(application: number, { packets, bytes }: { readonly packets: number; readonly bytes: number }): void {
    const { early } = this.#tables;
    const { traffic = { packets: 0, bytes: 0 } } = early.get(application) ?? {};
    early.set(application, { traffic: { packets: traffic.packets + packets, bytes: traffic.bytes + bytes } });
  }

  #tell({ key, finding }: Conversation, { name, protocol }: Named): void {
    const { src, dst, sport, dport } = key;
    this.#log.debug(
      `${src} ${sport} and ${dst} ${dport}: ${protocol === name ? name : `${protocol}, ${name}`}${said(finding)}`,
    );
    const { server = '', fingerprint = '' } = finding ?? {};
    if (server === '' && fingerprint === '') return;
    this.#tables.details.set(key, { server: textFor(server, 96), fingerprint: textFor(fingerprint, 48) });
  }
}

const said = (finding: Finding | undefined) => (finding?.server === undefined ? '' : ` (${finding.server})`);
