import type { NativeNdpi, Pointer, Protocol } from './library.ts';
import type { Finding, Shown } from './wire.ts';

const UNKNOWN = 0;

interface Flow {
  readonly native: Pointer;
  protocol: Protocol | undefined;
}

/** Flows that nDPI is looking at. A flow is decided as `ndpiReader` does it: when the application is known and more packets would
 *  not say more about it, or when there are no more packets. */
export class Detector {
  readonly #ndpi: NativeNdpi;
  readonly #max: number;
  readonly #flows = new Map<number, Flow>();

  /** `max`: flows at once; over it the oldest is decided with what is known. */
  constructor(ndpi: NativeNdpi, max: number) {
    this.#ndpi = ndpi;
    this.#max = max;
  }

  get size(): number {
    return this.#flows.size;
  }

  *show({ flow: id, packet, at, then }: Shown): Generator<Finding> {
    if (then === 'forget') return this.#forget(id);
    const known = this.#flows.get(id);
    if (!known && !packet) return;
    if (!known) yield* this.#makeRoom();
    const flow = known ?? this.#begin(id);
    const before = flow.protocol?.app_protocol ?? UNKNOWN;
    if (packet) flow.protocol = this.#ndpi.process(flow.native, packet, at);
    const { app_protocol: application = UNKNOWN } = flow.protocol ?? {};
    if (then === 'decide' || (application !== UNKNOWN && !this.#ndpi.wantsMore(flow.native)))
      yield this.#decide(id, flow);
    else if (application !== before) yield this.#finding(id, flow, false);
  }

  #begin(id: number): Flow {
    const flow = { native: this.#ndpi.newFlow(), protocol: undefined };
    this.#flows.set(id, flow);
    return flow;
  }

  *#makeRoom(): Generator<Finding> {
    const [oldest] = this.#flows;
    if (oldest && this.#flows.size >= this.#max) yield this.#decide(...oldest);
  }

  #decide(id: number, flow: Flow): Finding {
    if ((flow.protocol?.app_protocol ?? UNKNOWN) === UNKNOWN) flow.protocol = this.#ndpi.giveUp(flow.native);
    const finding = this.#finding(id, flow, true);
    this.#forget(id);
    return finding;
  }

  #finding(id: number, { native, protocol }: Flow, isFinal: boolean): Finding {
    const { app_protocol = UNKNOWN, master_protocol = UNKNOWN, category = 0 } = protocol ?? {};
    const risks = isFinal ? this.#ndpi.risksOf(native) : 0n;
    return { flow: id, application: app_protocol, protocol: master_protocol, category, isFinal, risks };
  }

  #forget(id: number): void {
    const flow = this.#flows.get(id);
    if (!flow) return;
    this.#ndpi.freeFlow(flow.native);
    this.#flows.delete(id);
  }
}
