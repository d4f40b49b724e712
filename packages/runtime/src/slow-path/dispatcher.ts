import { completePartialChecksum, packetView } from '@twinpath/packet';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { withHeaders } from '@twinpath/vnf/spec';
import { AnsweredError } from './answered-error.ts';
import { EventDecoder, type PacketEvent } from './event.ts';
import { type Answering, PacketAnswer } from './held-packet.ts';

type Handler = (...operands: readonly unknown[]) => unknown;
/** By name of the reason. */
export type HandlerTable = ReadonlyMap<string, Handler>;

export type DispatcherOptions = Omit<Answering, 'settled'>;

/** Brings events of the ring to the handlers of their reasons. Nothing that a packet holds makes it throw. */
export class Dispatcher implements Disposable {
  readonly #decoder: EventDecoder;
  readonly #options: Answering;
  readonly #waiting = new Set<PacketAnswer>();
  readonly #handlers: HandlerTable;
  #disposed = false;

  constructor(plan: FunctionPlan, options: DispatcherOptions, handlers: HandlerTable) {
    this.#handlers = handlers;
    this.#decoder = new EventDecoder(plan, [options.port]);
    this.#options = { ...options, settled: (answer) => this.#waiting.delete(answer) };
  }

  receive(memory: DataView, offset: number, length: number): void {
    const { counts } = this.#options;
    counts.handedUp++;
    const event = this.#decode(memory, offset, length);
    if (event === undefined) counts.malformed++;
    else if (event.reason.kind === 'notice') this.#run(event, [event.metadata]);
    else if (event.reason.kind === 'packetCopy') this.#run(event, [this.#copy(event), event.metadata]);
    else this.#hold(event);
  }

  /** Packets that wait are given up. Handlers that go on fail for want of what is gone: nobody is told. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const answer of [...this.#waiting]) answer.abandon();
  }

  /** Metadata that has no value of its type came from a program of another layout. */
  #decode(memory: DataView, offset: number, length: number): PacketEvent | undefined {
    try {
      const event = this.#decoder.decode(memory, offset, length);
      // Local senders leave checksums to the hardware (CHECKSUM_PARTIAL), which never saw this packet.
      if (event !== undefined && event.bytes.length === event.length) completePartialChecksum(event.bytes);
      return event;
    } catch (error) {
      this.#options.log.write('error', 'malformed', `an event cannot be read: ${String(error)}`);
      return undefined;
    }
  }

  #copy({ bytes, length, time }: PacketEvent) {
    return withHeaders(packetView(bytes, { port: this.#options.port, now: time, length }));
  }

  #hold(event: PacketEvent): void {
    const answer = new PacketAnswer(event, this.#options);
    this.#waiting.add(answer);
    this.#run(event, [answer.packet, event.metadata], answer);
  }

  #run({ reason }: PacketEvent, operands: readonly unknown[], answer?: PacketAnswer): void {
    const fail = (error: unknown) => this.#failed(reason.name, error, answer);
    try {
      const result = this.#handlers.get(reason.name)?.(...operands);
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  #failed(reason: string, error: unknown, answer: PacketAnswer | undefined): void {
    if (this.#disposed) return;
    // That nobody answered in time is counted and logged already.
    if (error instanceof AnsweredError && error.late) return;
    const { counts, log } = this.#options;
    counts.handlerErrors++;
    log.write('error', `handler ${reason}`, `the handler of ${reason} failed: ${textOf(error)}`);
    answer?.giveUp();
  }
}

const textOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));
