import { packetView } from '@twinpath/packet';
import { type HeldPacket, UnknownPortError } from '@twinpath/vnf';
import { withHeaders } from '@twinpath/vnf/spec';
import type { Answer } from '../chain/statistics.ts';
import type { PacketHook, PacketOut } from '../data-plane.ts';
import { AnsweredError } from './answered-error.ts';
import type { PacketEvent } from './event.ts';
import type { LimitedLog } from './limited-log.ts';
import type { SlowPathCounts } from './slow-path-counts.ts';

/** As many times a packet goes through its function again. */
const MOST_TRIPS = 3;
const NS_PER_MS = 1e6;

export interface Answering {
  readonly packetOut: PacketOut;
  readonly counts: SlowPathCounts;
  readonly log: LimitedLog;
  /** The port that the function sits on. */
  readonly port: string;
  /** Called once, when the packet has its answer. */
  settled(answering: PacketAnswer): void;
}

/** The one answer that a handed-over packet gets. */
export class PacketAnswer {
  readonly packet: HeldPacket;
  readonly #event: PacketEvent;
  readonly #with: Answering;
  readonly #timer: NodeJS.Timeout;
  /** What it was, in words. */
  #answer: string | undefined;
  #late = false;

  constructor(event: PacketEvent, answering: Answering) {
    this.#event = event;
    this.#with = answering;
    this.#timer = setTimeout(() => this.#timeout(), (event.reason.answerWithinNs ?? 1e9) / NS_PER_MS);
    const { bytes, length, time } = event;
    const view = withHeaders(packetView(bytes, { port: answering.port, now: time, length }));
    const hook: PacketHook = event.origin === 'tcx-egress' ? 'tcx-egress' : 'xdp';
    this.packet = Object.assign(view, this.#verbs(hook, answering.packetOut));
  }

  get settled(): boolean {
    return this.#answer !== undefined;
  }

  /** The handler failed: what is done with packets that nobody answers. */
  giveUp(): void {
    if (!this.settled) this.#treatAsUnanswered('the handler failed');
  }

  /** Nothing more happens to the packet: the chain stops. */
  abandon(): void {
    this.#settle('the chain was stopped', true);
  }

  #verbs(hook: PacketHook, out: PacketOut): Pick<HeldPacket, Answer> {
    const { bytes, trips } = this.#event;
    const back = (frame: Uint8Array) => (hook === 'xdp' ? out.send(frame) : out.receive(frame));
    return {
      resume: () => this.#giveBack('resume', () => out.resume(hook, bytes)),
      stack: () => this.#giveBack('stack', () => out.resume(hook, bytes)),
      bounce: () => this.#giveBack('bounce', () => back(bytes)),
      forward: (port) => {
        if (port !== this.#with.port) throw new UnknownPortError(port, [this.#with.port]);
        this.#giveBack('forward', () => out.send(bytes));
      },
      retry: () => {
        if (trips < MOST_TRIPS) this.#giveBack('retry', () => out.retry(hook, bytes, trips + 1));
        else this.#dropLooping();
      },
      drop: () => this.#answered('drop'),
      reply: (frame) => {
        this.#answered('reply');
        this.#deliver('reply', () => back(frame));
      },
    };
  }

  #giveBack(answer: Answer, send: () => void): void {
    this.#answered(answer);
    if (!this.#isTruncated()) this.#deliver(answer, send);
  }

  #dropLooping(): void {
    this.#answered('retry');
    this.#with.counts.looped++;
    this.#warn('looped', `a packet was sent through the function ${MOST_TRIPS} times already, and is dropped`);
  }

  #isTruncated(): boolean {
    const { bytes, length } = this.#event;
    if (bytes.length >= length) return false;
    this.#with.counts.truncated++;
    this.#warn('truncated', `of ${length} bytes only ${bytes.length} came up: the packet is dropped`);
    return true;
  }

  #deliver(answer: string, send: () => void): void {
    try {
      send();
    } catch (error) {
      this.#with.counts.undelivered++;
      const hint = error instanceof Error && 'hint' in error ? `; ${String(error.hint)}` : '';
      this.#warn('undelivered', `${answer} failed, the packet is lost: ${String(error)}${hint}`);
    }
  }

  #timeout(): void {
    this.#with.counts.unanswered++;
    this.#treatAsUnanswered('nobody answered in time');
  }

  #treatAsUnanswered(why: string): void {
    const { reason, origin, bytes } = this.#event;
    const treatment = reason.unanswered ?? 'drop';
    this.#settle(`${why}, so it was ${treatment === 'drop' ? 'dropped' : 'resumed'}`, true);
    this.#warn('unanswered', `${why}: ${treatment}`);
    if (treatment === 'drop' || this.#isTruncated()) return;
    this.#deliver('resume', () => this.#with.packetOut.resume(origin === 'tcx-egress' ? 'tcx-egress' : 'xdp', bytes));
  }

  /** @throws AnsweredError */
  #answered(answer: Answer): void {
    if (this.#answer !== undefined) throw new AnsweredError(this.#event.reason.name, answer, this.#answer, this.#late);
    this.#settle(`${answer}()`, false);
    this.#with.counts.answered[answer]++;
  }

  #settle(answer: string, late: boolean): void {
    this.#answer ??= answer;
    this.#late = late;
    clearTimeout(this.#timer);
    this.#with.settled(this);
  }

  #warn(kind: string, text: string): void {
    const { name } = this.#event.reason;
    this.#with.log.write('warn', `${kind} ${name}`, `${name}: ${text}`);
  }
}
