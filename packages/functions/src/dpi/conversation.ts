import type { Verdict } from '@twinpath/ndpi';
import type { instant } from '@twinpath/vnf';
import type { Classifier, Finding, Said, Talk } from './classifiers/index.ts';
import type { FlowKey } from './fast-path.ts';
import type { Segment } from './segment.ts';
import { TcpStream } from './tcp-stream.ts';

const MAX_STREAM = 16_384;
const MAX_DATAGRAMS = 16;
const NOTHING = new Uint8Array(0);

/** One end, and what it has said: put together when somebody asks for it. */
class End {
  readonly port: number;
  /** Of its SYN. */
  initial: number | undefined;
  isClosed = false;
  #tcp: TcpStream | undefined;
  readonly #datagrams: Uint8Array[] = [];
  #fresh: Segment[] = [];

  constructor(port: number) {
    this.port = port;
  }

  get said(): Said & { readonly port: number } {
    return { port: this.port, stream: this.#tcp?.bytes ?? NOTHING, datagrams: this.#datagrams };
  }

  hear(segment: Segment): void {
    if (segment.isSyn) this.initial = segment.sequence;
    if (segment.isSyn || segment.hasPayload) this.#fresh.push(segment);
  }

  keep(): void {
    for (const segment of this.#fresh) segment.keep();
  }

  /** `true`: there is more than before. */
  catchUp(): boolean {
    const fresh = this.#fresh;
    this.#fresh = [];
    let isMore = false;
    for (const segment of fresh) isMore = (segment.isUdp ? this.#datagram(segment) : this.#stream(segment)) || isMore;
    return isMore;
  }

  #datagram({ payload }: Segment): boolean {
    if (this.#datagrams.length === MAX_DATAGRAMS) return false;
    this.#datagrams.push(payload.slice());
    return true;
  }

  #stream(segment: Segment): boolean {
    const { sequence, isSyn, payload } = segment;
    this.#tcp ??= new TcpStream(MAX_STREAM);
    if (isSyn) this.#tcp.syn(sequence);
    return this.#tcp.add(isSyn ? (sequence + 1) >>> 0 : sequence, payload);
  }
}

/** A flow without a verdict, and what has been said in it. */
export class Conversation {
  /** nDPI's number for it. */
  readonly id: number;
  readonly key: FlowKey;
  readonly born: instant;
  /** What nDPI says, so far or for good. */
  ndpi: Verdict | undefined;
  /** What a classifier of ours has said. */
  finding: Finding | undefined;
  /** Who has said so. */
  classifier: Classifier | undefined;
  lastSeen: instant;
  /** One end has nothing more to say. */
  isClosing = false;
  /** Nobody has. */
  isOver = false;
  #candidates: readonly Classifier[];
  /** As the key has them. */
  readonly #first: End;
  readonly #second: End;
  /** Who spoke first. */
  #client: End | undefined;

  constructor(id: number, key: FlowKey, born: instant, classifiers: readonly Classifier[]) {
    this.id = id;
    this.key = key;
    this.born = born;
    this.lastSeen = born;
    this.#first = new End(key.sport);
    this.#second = new End(key.dport);
    this.#candidates = classifiers;
  }

  hear(segment: Segment, at: instant): void {
    this.lastSeen = at;
    const [end, other] = segment.isFromFirst ? [this.#first, this.#second] : [this.#second, this.#first];
    this.#client ??= segment.isSynAck ? other : end;
    if (!this.finding) end.hear(segment);
    if (!segment.isFin && !segment.isReset) return;
    this.isClosing = true;
    end.isClosed = true;
    this.isOver = segment.isReset || other.isClosed;
  }

  /** Asks those classifiers that may still know it, if they have not heard all. */
  ask(): void {
    if (this.finding || this.#candidates.length === 0) return;
    const hasMore = [this.#first.catchUp(), this.#second.catchUp()];
    if (!hasMore.includes(true)) return;
    const [client, server] = this.#client === this.#second ? [this.#second, this.#first] : [this.#first, this.#second];
    const talk = { client: client.said, server: server.said };
    this.#candidates = this.#candidates.filter((classifier) => this.#mayKnow(classifier, talk));
  }

  /** It goes on: what it was heard by does not. */
  keep(): void {
    this.#first.keep();
    this.#second.keep();
  }

  /** The SYN of another connection than the one that was heard. */
  isOther(segment: Segment): boolean {
    if (!segment.isSyn || segment.isSynAck) return false;
    const end = segment.isFromFirst ? this.#first : this.#second;
    return end === this.#client && end.initial !== undefined && end.initial !== segment.sequence;
  }

  #mayKnow(classifier: Classifier, talk: Talk): boolean {
    if (this.finding || classifier.transport !== this.key.protocol) return false;
    const answer = answerOf(classifier, talk);
    if (typeof answer === 'object') {
      this.finding = answer;
      this.classifier = classifier;
    }
    return answer === 'more';
  }
}

/** A classifier that fails on what a stranger has sent does not know it. */
function answerOf(classifier: Classifier, talk: Talk): Finding | 'more' | 'no' {
  try {
    return classifier.classify(talk);
  } catch {
    return 'no';
  }
}
