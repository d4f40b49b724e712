import { completePartialChecksum } from '@twinpath/packet';
import type { FunctionPlan, ReasonPlan } from '@twinpath/vnf/plan';
import { CopiedFrame } from '@twinpath/vnf/spec';
import type { InstancePlaces } from '../instance-plane.ts';
import { UndeliveredError } from '../packet-out/undelivered.ts';
import type { WriteCollector } from '../tables/write-collector.ts';
import { AnsweredError } from './answered-error.ts';
import { Deadlines } from './deadlines.ts';
import { EventDecoder, type PacketEvent } from './event.ts';
import { type Answering, HeldFrame } from './held-packet.ts';
import { PortNames } from './port-names.ts';

type Handler = (...operands: readonly unknown[]) => unknown;
/** Of a reason whose events are handled together. */
export interface BatchHandler {
  /** Of a notice metadata, of others [packet, metadata]. */
  readonly batch: (events: readonly unknown[]) => unknown;
}
/** By name of the reason. */
export type HandlerTable = ReadonlyMap<string, Handler | BatchHandler>;

/** Events that wait for the end of their drain. */
interface Batch {
  readonly reason: ReasonPlan;
  readonly handler: BatchHandler;
  readonly events: unknown[];
  readonly held: HeldFrame[];
}

export interface DispatcherOptions extends Omit<Answering, 'given' | 'ports'> {
  /** Of the instance, at the moment. */
  places(): InstancePlaces;
  /** Where the handlers' writes to tables are held back until their packets go out; `undefined`: nowhere. */
  readonly writes: WriteCollector | undefined;
}

/** Where nothing else is declared. */
const ANSWER_WITHIN_NS = 1e9;

/** Brings events of the ring to the handlers of their reasons. Nothing that a packet holds makes it throw. */
export class Dispatcher implements Disposable {
  readonly #decoder: EventDecoder;
  readonly #options: Answering;
  readonly #writes: WriteCollector | undefined;
  readonly #deadlines = new Deadlines();
  /** By the reasons' numbers. */
  readonly #handlers: readonly (Handler | BatchHandler | undefined)[];
  /** In the order in which their reasons came first. */
  readonly #batches = new Map<BatchHandler, Batch>();
  /** Events come in, and `drained` is going to be called. */
  #draining = false;
  /** Among the events of this drain are packets that wait for an answer. */
  #hasHeld = false;
  /** Answers wait for the end of the present task. */
  #flushing = false;
  #disposed = false;

  constructor(plan: FunctionPlan, options: DispatcherOptions, handlers: HandlerTable) {
    this.#handlers = plan.reasons.map(({ name }) => handlers.get(name));
    const ports = new PortNames(() => options.places());
    this.#decoder = new EventDecoder(plan, ports.all);
    this.#options = { ...options, ports, given: () => this.#given() };
    this.#writes = options.writes;
  }

  receive(memory: DataView, offset: number, length: number): void {
    const { counts } = this.#options;
    if (!this.#draining) this.#begin();
    counts.handedUp++;
    const event = this.#decode(memory, offset, length);
    if (event === undefined) counts.malformed++;
    else if (event.reason.kind === 'notice') this.#hand(event, event.metadata);
    else if (event.reason.kind === 'packetCopy') this.#hand(event, [this.#copy(event), event.metadata]);
    else this.#hold(event);
  }

  /** Behind the events that came together: what they wrote is written, and then their answers go out. `true`: packets were held. */
  drained(): boolean {
    for (const { reason, handler, events, held } of this.#batches.values())
      this.#run(reason, () => handler.batch(events), held);
    this.#batches.clear();
    this.#draining = false;
    for (const error of this.#writes?.close() ?? []) this.#refused(error);
    this.#flush();
    return this.#hasHeld;
  }

  #begin(): void {
    this.#draining = true;
    this.#hasHeld = false;
    this.#writes?.open();
  }

  /** Packets that wait are given up. Handlers that go on fail for want of what is gone: nobody is told. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#deadlines[Symbol.dispose]();
  }

  /** Metadata that has no value of its type came from a program of another layout. */
  #decode(memory: DataView, offset: number, length: number): PacketEvent | undefined {
    try {
      const event = this.#decoder.decode(memory, offset, length);
      // Local senders leave checksums to the hardware (CHECKSUM_PARTIAL), which never saw this packet.
      if (event !== undefined && event.segmentSize === 0 && event.bytes.length === event.length)
        completePartialChecksum(event.bytes);
      return event;
    } catch (error) {
      this.#options.log.write('error', 'malformed', `an event cannot be read: ${String(error)}`);
      return undefined;
    }
  }

  #copy(event: PacketEvent): CopiedFrame {
    const { bytes, length, time } = event;
    return new CopiedFrame(bytes, { port: this.#options.ports.of(event), now: time, length });
  }

  #hold(event: PacketEvent): void {
    this.#hasHeld = true;
    const held = new HeldFrame(event, this.#options);
    this.#hand(event, [held, event.metadata], held);
  }

  #hand({ reason }: PacketEvent, given: unknown, held?: HeldFrame): void {
    const handler = this.#handlers[reason.index];
    if (typeof handler === 'function') {
      const operands = Array.isArray(given) ? given : [given];
      this.#run(reason, () => handler(...operands), held === undefined ? [] : [held]);
    } else if (handler !== undefined) {
      const batch = this.#batches.get(handler) ?? { reason, handler, events: [], held: [] };
      this.#batches.set(handler, batch);
      batch.events.push(given);
      if (held !== undefined) batch.held.push(held);
    }
  }

  #run(reason: ReasonPlan, handle: () => unknown, packets: readonly HeldFrame[]): void {
    try {
      const result = handle();
      if (isThenable(result)) result.then(undefined, (error: unknown) => this.#failed(reason.name, error, packets));
    } catch (error) {
      this.#failed(reason.name, error, packets);
    }
    const within = reason.answerWithinNs ?? ANSWER_WITHIN_NS;
    for (const held of packets) if (!held.settled) this.#deadlines.add(held, within);
  }

  #failed(reason: string, error: unknown, packets: readonly HeldFrame[]): void {
    if (this.#disposed) return;
    // That nobody answered in time is counted and logged already.
    if (error instanceof AnsweredError && error.late) return;
    const { counts, log } = this.#options;
    counts.handlerErrors++;
    log.write('error', `handler ${reason}`, `the handler of ${reason} failed: ${textOf(error)}`);
    for (const held of packets) held.giveUp();
  }

  /** A write to a table that was held back, so that its handler could not be told. */
  #refused(error: Error): void {
    const { counts, log } = this.#options;
    counts.handlerErrors++;
    log.write('error', 'refused write', `a handler's write was refused: ${error.message}`);
  }

  /** Answers of later go out with all others that are given in the same turn of the event loop. */
  #given(): void {
    if (this.#draining || this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#disposed) return;
    const { packetOut, counts, log } = this.#options;
    try {
      packetOut.flush();
    } catch (error) {
      counts.undelivered += error instanceof UndeliveredError ? error.packets : 1;
      const hint = error instanceof Error && 'hint' in error ? `; ${String(error.hint)}` : '';
      log.write('warn', 'undelivered', `${textOf(error)}${hint}`);
    }
  }
}

/** What some libraries give in place of promises, and other realms. */
function isThenable(result: unknown): result is PromiseLike<unknown> {
  return typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function';
}

const textOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));
