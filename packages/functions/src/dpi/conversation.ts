import type { Verdict } from '@twinpath/ndpi';
import type { instant } from '@twinpath/vnf';
import type { Classifier, Finding, Talk } from './classifiers/index.ts';
import type { FlowKey } from './fast-path.ts';
import type { Segment } from './segment.ts';
import { TcpStream } from './tcp-stream.ts';

const MAX_STREAM = 16_384;
const MAX_DATAGRAMS = 16;

class End {
  readonly port: number;
  readonly tcp = new TcpStream(MAX_STREAM);
  readonly datagrams: Uint8Array[] = [];

  constructor(port: number) {
    this.port = port;
  }
  get said() {
    return { port: this.port, stream: this.tcp.bytes, datagrams: this.datagrams };
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
  /** What a classifier of ours says. */
  finding: Finding | undefined;
  /** Who has said so. */
  classifier: Classifier | undefined;
  lastSeen: instant;
  /** Ports that a FIN has come from. */
  readonly #closed = new Set<string>();
  /** One end has nothing more to say. */
  isClosing = false;
  /** Nobody has. */
  isOver = false;
  #candidates: readonly Classifier[];
  /** Who spoke first, by address and port. */
  #client: { readonly src: string; readonly end: End } | undefined;
  #server: End | undefined;

  constructor(id: number, key: FlowKey, born: instant, classifiers: readonly Classifier[]) {
    this.id = id;
    this.key = key;
    this.born = born;
    this.lastSeen = born;
    this.#candidates = classifiers.filter(({ transport }) => transport === key.protocol);
  }

  /** Hears a packet, and asks those classifiers that may still know it. */
  hear(segment: Segment, at: instant): void {
    const { flow, payload, tcp } = segment;
    this.lastSeen = at;
    if (tcp && (tcp.fin || tcp.rst)) this.#close(flow, tcp.rst);
    if (this.finding || this.#candidates.length === 0) return;
    const [end, other] = this.#endsOf(segment);
    if (!tcp) {
      if (payload.length === 0 || flow.protocol !== 'udp' || end.datagrams.length === MAX_DATAGRAMS) return;
      end.datagrams.push(Uint8Array.from(payload));
    } else {
      if (tcp.syn) end.tcp.syn(tcp.sequence);
      if (!end.tcp.add(tcp.syn ? (tcp.sequence + 1) >>> 0 : tcp.sequence, payload)) return;
    }
    const [client, server] = end === this.#client?.end ? [end, other] : [other, end];
    this.#ask({ client: client.said, server: server.said });
  }

  #close({ src, sport }: Segment['flow'], isReset: boolean): void {
    this.#closed.add(`${src} ${sport}`);
    this.isClosing = true;
    this.isOver = isReset || this.#closed.size === 2;
  }

  /** The SYN of another connection than the one that was heard. */
  isOther({ tcp, flow }: Segment): boolean {
    if (!tcp?.syn || tcp.ack || !this.#client) return false;
    const { initial } = this.#client.end.tcp;
    return isFrom(flow, this.#client) && initial !== undefined && initial !== tcp.sequence;
  }

  /** The end that sent it, and the other one. */
  #endsOf({ flow, tcp }: Segment): readonly [End, End] {
    const isAnswer = tcp?.syn === true && tcp.ack;
    const opener = isAnswer ? { src: flow.dst, port: flow.dport } : { src: flow.src, port: flow.sport };
    this.#client ??= { src: opener.src, end: new End(opener.port) };
    this.#server ??= new End(isAnswer ? flow.sport : flow.dport);
    return isFrom(flow, this.#client) ? [this.#client.end, this.#server] : [this.#server, this.#client.end];
  }

  #ask(talk: Talk): void {
    this.#candidates = this.#candidates.filter((classifier) => {
      if (this.finding) return false;
      const answer = answerOf(classifier, talk);
      if (typeof answer === 'object') {
        this.finding = answer;
        this.classifier = classifier;
      }
      return answer === 'more';
    });
  }
}

function isFrom({ src, sport }: Segment['flow'], client: { readonly src: string; readonly end: End }): boolean {
  return src === client.src && sport === client.end.port;
}

/** A classifier that fails on what a stranger has sent does not know it. */
function answerOf(classifier: Classifier, talk: Talk): Finding | 'more' | 'no' {
  try {
    return classifier.classify(talk);
  } catch {
    return 'no';
  }
}
