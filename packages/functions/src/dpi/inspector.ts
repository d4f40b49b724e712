import type { Shown, Verdict } from '@twinpath/ndpi';
import type { instant } from '@twinpath/vnf';
import type { Classifier, Finding } from './classifiers/index.ts';
import type { Config } from './config.ts';
import { Conversation } from './conversation.ts';
import type { Engine } from './engine.ts';
import type { FlowKey } from './fast-path.ts';
import type { Decision, Ledger } from './ledger.ts';
import type { Act, Named } from './policy.ts';
import { type Segment, segmentOf } from './segment.ts';
import { ownApplication } from './servers.ts';
import { UNDECIDED_FLOWS } from './sizes.ts';

export interface InspectorOptions {
  readonly ledger: Ledger;
  /** `undefined`: the classifiers alone decide. */
  readonly engine: Engine | undefined;
  /** Those of one's own first: what they say is final. */
  readonly own: readonly Classifier[];
  readonly builtIn: readonly Classifier[];
  config(): Config;
}

/** A packet of an undecided flow. */
export interface Sample {
  readonly frame: Uint8Array;
  readonly key: FlowKey;
  readonly born: instant;
  /** So many more may come. */
  readonly left: number;
  readonly at: instant;
}

/** For so long a flow may be silent and still be waited for; nDPI's reader has the same time. */
const PATIENCE_NS = 30e9;
const PATIENCE_BEHIND_END_NS = 3e9;
const NS_PER_MS = 1e6;
const UNKNOWN: Named = { name: 'Unknown', protocol: 'Unknown', category: 'Unspecified' };

/** Looks at the first packets of flows, and enters what it finds out of them. */
export class Inspector {
  readonly #options: InspectorOptions;
  readonly #classifiers: readonly Classifier[];
  /** By the ends of their flows. */
  readonly #conversations = new Map<string, Conversation>();
  readonly #byBirth = new Map<instant, Conversation>();
  readonly #byId = new Map<number, Conversation>();
  /** When flows were born that have got their verdict last: packets of them may still wait in the ring. */
  readonly #decided = new Map<string, instant>();
  #lastId = 0;

  constructor(options: InspectorOptions) {
    this.#options = options;
    this.#classifiers = [...options.own, ...options.builtIn];
  }

  /** Flows that it waits for more of. */
  get waiting(): number {
    return this.#conversations.size;
  }

  /** Looks at packets, in order: what is to be done with each. `undefined`: its flow has no verdict yet. */
  async inspect(samples: readonly Sample[]): Promise<readonly (Act | undefined)[]> {
    const asked: Shown[] = [];
    const last = new Set<Conversation>();
    const heard = samples.map((sample) => this.#hear(sample, asked, last));
    const acts = await this.#decide(asked, new Set(heard), (conversation) => last.has(conversation));
    return heard.map((conversation) => conversation && acts.get(conversation));
  }

  /** Decides flows that have been silent for long, with what is known of them. */
  async giveUp(now: instant): Promise<void> {
    const tooMany = this.waiting - UNDECIDED_FLOWS;
    const over = [...this.#conversations.values()].filter(({ lastSeen, isClosing }, index) => {
      return index < tooMany || now - lastSeen > (isClosing ? PATIENCE_BEHIND_END_NS : PATIENCE_NS);
    });
    const asked = over.map(({ id }): Shown => ({ flow: id, at: now / NS_PER_MS, then: 'decide' }));
    await this.#decide(asked, new Set(over), () => true);
  }

  #hear(sample: Sample, asked: Shown[], last: Set<Conversation>): Conversation | undefined {
    const segment = segmentOf(sample.frame);
    const conversation = segment && this.#conversationOf(sample, segment, asked);
    if (!segment || !conversation) return undefined;
    conversation.hear(segment, sample.at);
    const shown = { flow: conversation.id, packet: segment.ip, at: sample.at / NS_PER_MS };
    // Nothing comes, or may come, behind this packet.
    const isLast = conversation.isOver || sample.left === 0;
    if (isLast) last.add(conversation);
    asked.push(isLast ? { ...shown, then: 'decide' } : shown);
    return conversation;
  }

  /** `undefined`: the packet is of a flow that is over, or has its verdict by now. */
  #conversationOf({ key, born }: Sample, segment: Segment, asked: Shown[]): Conversation | undefined {
    const candidate = this.#byBirth.get(born);
    if (candidate && isSame(candidate.key, key) && !candidate.isOther(segment)) return candidate;
    const text = textOf(key);
    const known = this.#conversations.get(text);
    if (known?.born === born && !known.isOther(segment)) return known;
    if ((known && known.born > born) || (this.#decided.get(text) ?? Number.NEGATIVE_INFINITY) >= born) return undefined;
    if (known) {
      asked.push({ flow: known.id, at: 0, then: 'forget' });
      this.#drop(known);
    }
    this.#lastId = (this.#lastId + 1) >>> 0;
    const conversation = new Conversation(this.#lastId, key, born, this.#classifiers);
    this.#conversations.set(text, conversation);
    this.#byBirth.set(born, conversation);
    this.#byId.set(conversation.id, conversation);
    return conversation;
  }

  async #decide(
    asked: readonly Shown[],
    concerned: ReadonlySet<Conversation | undefined>,
    isLast: (conversation: Conversation) => boolean,
  ): Promise<ReadonlyMap<Conversation, Act>> {
    const { ledger, config } = this.#options;
    const hasEngine = await this.#ask(asked);
    const decided = new Map<Conversation, Decision>();
    const forgotten: Shown[] = [];
    for (const conversation of concerned) {
      if (!conversation || this.#byId.get(conversation.id) !== conversation) continue;
      const decision = this.#decisionOn(conversation, { hasEngine, isLast: isLast(conversation) });
      if (!decision) {
        conversation.keep();
        continue;
      }
      this.#drop(conversation);
      this.#remember(conversation);
      forgotten.push({ flow: conversation.id, at: 0, then: 'forget' });
      decided.set(conversation, decision);
    }
    if (hasEngine && forgotten.length > 0) void this.#ask(forgotten);
    return ledger.enter(decided, config());
  }

  /** `false`: nDPI did not answer; then the classifiers have to do. */
  async #ask(asked: readonly Shown[]): Promise<boolean> {
    const { engine } = this.#options;
    if (!engine) return false;
    if (asked.length === 0) return true;
    try {
      for (const verdict of await engine.show(asked)) {
        const conversation = this.#byId.get(verdict.flow);
        // Packets that were shown behind the one that decided it are another flow to nDPI.
        if (conversation && conversation.ndpi?.isFinal !== true) conversation.ndpi = verdict;
      }
      return true;
    } catch {
      // It is lost or busy: whoever has it says so.
      return false;
    }
  }

  #decisionOn(
    conversation: Conversation,
    { hasEngine, isLast }: { readonly hasEngine: boolean; readonly isLast: boolean },
  ): Decision | undefined {
    const { ndpi } = conversation;
    const isDue = isLast || ndpi?.isFinal === true;
    // Our classifiers are asked where they may decide, and in the end: what servers are called, and a JA4, nDPI does not tell.
    if (isDue || !hasEngine || this.#mayDecide) conversation.ask();
    const { finding } = conversation;
    const risks = ndpi?.risks ?? 0n;
    const own = finding && this.#own(conversation, finding);
    if (own) return { application: own, risks };
    const isKnown = ndpi !== undefined && ndpi.application !== UNKNOWN.name;
    if (ndpi && isDue && (isKnown || !finding)) return { application: namedBy(ndpi), risks };
    if (finding && (isDue || !hasEngine)) return { application: foundBy(finding), risks };
    return isLast ? { application: UNKNOWN, risks } : undefined;
  }

  /** What a classifier of ours says can be final before nDPI is. */
  get #mayDecide(): boolean {
    const { own, config } = this.#options;
    return own.length > 0 || config().applications.length > 0;
  }

  /** What the user has given a name or a classifier for is that, whatever nDPI thinks. */
  #own({ classifier }: Conversation, finding: Finding): Named | undefined {
    const { own, config } = this.#options;
    const application = ownApplication(config().applications, finding);
    if (application) return { ...application, protocol: finding.application };
    return classifier && own.includes(classifier) ? foundBy(finding) : undefined;
  }

  #drop(conversation: Conversation): void {
    const { key, id, born } = conversation;
    this.#conversations.delete(textOf(key));
    this.#byId.delete(id);
    if (this.#byBirth.get(born) === conversation) this.#byBirth.delete(born);
  }

  /** The oldest are forgotten where there are too many. */
  #remember({ key, born }: Conversation): void {
    const text = textOf(key);
    this.#decided.delete(text);
    this.#decided.set(text, born);
    const [oldest] = this.#decided.size > UNDECIDED_FLOWS ? this.#decided.keys() : [];
    if (oldest !== undefined) this.#decided.delete(oldest);
  }
}

const isSame = (one: FlowKey, other: FlowKey) =>
  one.sport === other.sport &&
  one.dport === other.dport &&
  one.src === other.src &&
  one.dst === other.dst &&
  one.protocol === other.protocol &&
  one.vlan === other.vlan;
const textOf = ({ src, dst, sport, dport, protocol, vlan }: FlowKey) =>
  `${src} ${sport} ${dst} ${dport} ${protocol} ${vlan}`;
const namedBy = ({ application, protocol, category }: Verdict): Named => ({ name: application, protocol, category });
const foundBy = ({ application, protocol = application, category }: Finding): Named => ({
  name: application,
  protocol,
  category,
});
