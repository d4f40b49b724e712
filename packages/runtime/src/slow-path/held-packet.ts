import { type HeldPacket, UnknownPortError } from '@twinpath/vnf';
import { CopiedFrame } from '@twinpath/vnf/spec';
import type { Answer } from '../chain/statistics.ts';
import type { PacketOut } from '../packet-out/packet-out.ts';
import { AnsweredError } from './answered-error.ts';
import type { Waiting } from './deadlines.ts';
import type { PacketEvent } from './event.ts';
import type { LimitedLog } from './limited-log.ts';
import type { PortNames } from './port-names.ts';
import type { SlowPathCounts } from './slow-path-counts.ts';

/** As many times a packet goes through its function, or the chain, again. */
const MOST_TRIPS = 3;

export interface Answering {
  readonly packetOut: PacketOut;
  readonly counts: SlowPathCounts;
  readonly log: LimitedLog;
  readonly ports: PortNames;
  /** Something waits in `packetOut`. */
  given(): void;
}

/** A packet that was handed over, with its views and the one answer that it gets. */
export class HeldFrame extends CopiedFrame implements HeldPacket, Waiting {
  readonly #event: PacketEvent;
  readonly #with: Answering;
  /** What it was, in words. */
  #answer: string | undefined;
  #late = false;

  constructor(event: PacketEvent, answering: Answering) {
    super(event.bytes, { port: answering.ports.of(event), now: event.time, length: event.length });
    this.#event = event;
    this.#with = answering;
  }

  get settled(): boolean {
    return this.#answer !== undefined;
  }

  resume(): void {
    this.#giveBack('resume', () => this.#with.packetOut.resume(this.#event));
  }

  stack(): void {
    this.#giveBack('stack', () => this.#with.packetOut.stack(this.#event));
  }

  bounce(): void {
    this.#giveBack('bounce', () => this.#with.packetOut.bounce(this.#event));
  }

  forward(port: string): void {
    const { ports, packetOut } = this.#with;
    if (!ports.all.includes(port)) throw new UnknownPortError(port, ports.all);
    this.#giveBack('forward', () => packetOut.forward(this.#event, port));
  }

  retry(): void {
    this.#sendAgain('retry', () => this.#with.packetOut.retry(this.#event));
  }

  receive(port?: string): void {
    const { ports, packetOut } = this.#with;
    if (port !== undefined && !ports.all.includes(port)) throw new UnknownPortError(port, ports.all);
    this.#sendAgain('receive', () => packetOut.enter(this.#event, port));
  }

  drop(): void {
    this.#answered('drop');
  }

  reply(frame: Uint8Array): void {
    const { hook, ifindex } = this.#event;
    const { packetOut } = this.#with;
    this.#answered('reply');
    this.#deliver('reply', () =>
      hook === 'tcx-egress' ? packetOut.receive(ifindex, frame) : packetOut.send(ifindex, frame),
    );
  }

  /** The handler failed: what is done with packets that nobody answers. */
  giveUp(): void {
    if (!this.settled) this.#treatAsUnanswered('the handler failed');
  }

  expire(): void {
    this.#with.counts.unanswered++;
    this.#treatAsUnanswered('nobody answered in time');
  }

  abandon(): void {
    this.#answer = 'the chain was stopped';
    this.#late = true;
  }

  #giveBack(answer: Answer, send: () => void): void {
    this.#answered(answer);
    if (!this.#isTruncated()) this.#deliver(answer, send);
  }

  #sendAgain(answer: Answer, send: () => void): void {
    if (this.#event.trips < MOST_TRIPS) this.#giveBack(answer, send);
    else this.#dropLooping(answer);
  }

  #dropLooping(answer: Answer): void {
    this.#answered(answer);
    this.#with.counts.looped++;
    this.#warn('looped', `a packet was sent here again ${MOST_TRIPS} times already, and is dropped`);
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
      this.#with.given();
    } catch (error) {
      this.#with.counts.undelivered++;
      const hint = error instanceof Error && 'hint' in error ? `; ${String(error.hint)}` : '';
      this.#warn('undelivered', `${answer} failed, the packet is lost: ${String(error)}${hint}`);
    }
  }

  #treatAsUnanswered(why: string): void {
    const treatment = this.#event.reason.unanswered ?? 'drop';
    this.#answer = `${why}, so it was ${treatment === 'drop' ? 'dropped' : 'resumed'}`;
    this.#late = true;
    this.#warn('unanswered', `${why}: ${treatment}`);
    if (treatment === 'drop' || this.#isTruncated()) return;
    this.#deliver('resume', () => this.#with.packetOut.resume(this.#event));
  }

  /** @throws AnsweredError */
  #answered(answer: Answer): void {
    if (this.#answer !== undefined) throw new AnsweredError(this.#event.reason.name, answer, this.#answer, this.#late);
    this.#answer = `${answer}()`;
    this.#with.counts.answered[answer]++;
  }

  #warn(kind: string, text: string): void {
    const { name } = this.#event.reason;
    this.#with.log.write('warn', `${kind} ${name}`, `${name}: ${text}`);
  }
}
