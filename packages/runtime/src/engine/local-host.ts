import { Engine, type EngineMap } from '@twinpath/engine';
import {
  BURST_BYTES,
  createFramePool,
  createPort,
  createVerdictCounters,
  FarEnd,
  Forwarder,
  FramePool,
  type InterfaceImage,
  inletHeader,
  Port,
} from '@twinpath/engine/ports';
import type { PortState } from '../data-plane.ts';
import type { EngineHost, Judges } from './engine-host.ts';
import type { Inlet } from './inlet.ts';

/** The two ends of an interface. */
export type Side = 'wire' | 'host';

export interface LocalInterface {
  readonly name: string;
  readonly state: PortState;
}

/** A frame that came out. */
export interface Arrived {
  readonly ifindex: number;
  /** `wire`: it left by the interface. `host`: the host behind it got it. */
  readonly side: Side;
  readonly bytes: Uint8Array;
}

const MEMORY_BYTES = 512 << 20;
const FRAMES = 4096;
const FRAME_BYTES = 4096;
const RING = 256;
/** Ports of hosts have numbers behind those of interfaces. */
const HOSTS = 1 << 20;
const INLET = 1 << 21;

/** Interfaces that are memory, and their programs run in this thread, as soon as there is a frame. */
export class LocalHost implements EngineHost {
  readonly engine: Engine;
  /** Bursts end before Node writes again. */
  readonly graceMs = 0;
  readonly #interfaces: readonly LocalInterface[];
  readonly #forwarder: Forwarder;
  readonly #ends = new Map<number, FarEnd>();
  readonly #wakes = new Set<() => void>();
  #arrived: Arrived[] = [];
  #running = false;

  /** Interfaces are numbered from 1. `clock`: nanoseconds; default: the machine's. */
  constructor(interfaces: readonly LocalInterface[], clock?: () => number) {
    this.#interfaces = interfaces;
    this.engine = new Engine({
      bytes: MEMORY_BYTES,
      ...(clock && { clock }),
      mtu: (ifindex) => this.state(ifindex)?.mtu ?? 0,
      clone: (_engine, context, ifindex, flags) => this.#forwarder.clone(context, ifindex, flags),
    });
    const pool = createFramePool(this.engine, { frames: FRAMES, frameBytes: FRAME_BYTES });
    const contexts = this.engine.allocate(BURST_BYTES, 'contexts of a burst');
    const counters = createVerdictCounters(this.engine);
    this.#forwarder = new Forwarder(this.engine, new FramePool(this.engine.memory, pool), { contexts, counters });
    const numbers = interfaces.flatMap((_, index) => [index + 1, HOSTS + index + 1]);
    for (const [index, number] of [...numbers, INLET].entries()) {
      const image = createPort(this.engine, {
        number,
        name: `port ${number}`,
        slot: index + 1,
        ringSize: RING,
        device: { kind: 'memory' },
      });
      this.#forwarder.addPort(new Port(this.engine.memory, this.#forwarder.pool, image, { [Symbol.dispose]() {} }));
      this.#ends.set(number, new FarEnd(this.engine.memory, pool, image));
    }
    this.bring([]);
  }

  /** Frames come by the wire of an interface, or its host sends them. */
  send(ifindex: number, side: Side, frame: Uint8Array): void {
    this.#deliver(side === 'wire' ? ifindex : HOSTS + ifindex, frame);
    this.flush();
  }

  /** What has come out since the last time, in order. */
  take(): readonly Arrived[] {
    const arrived = this.#arrived;
    this.#arrived = [];
    return arrived;
  }

  bring(judges: readonly Judges[]): void {
    const interfaces = this.#interfaces.map((_, index): InterfaceImage => {
      const ifindex = index + 1;
      const { xdp = 0, ingress = 0, egress = 0 } = judges.find((one) => one.ifindex === ifindex) ?? {};
      return { number: ifindex, host: HOSTS + ifindex, xdp, ingress, egress };
    });
    this.#forwarder.assign({ program: 0, host: undefined, interfaces, inlet: INLET });
  }

  openInlet(): Inlet {
    return {
      inject: (to, frame) => this.#deliver(INLET, frame, inletHeader(to)),
      flush: () => this.flush(),
      [Symbol.dispose]() {},
    };
  }

  flush(): void {
    // What a handler sends while frames are judged is judged with them.
    if (this.#running) return;
    this.#running = true;
    try {
      for (const end of this.#ends.values()) end.ring();
      while (this.#forwarder.round() > 0) this.#collect();
      this.#collect();
    } finally {
      this.#running = false;
    }
    for (const wake of this.#wakes) wake();
  }

  watch(_ring: EngineMap, wake: () => void): Disposable {
    this.#wakes.add(wake);
    wake();
    return { [Symbol.dispose]: () => this.#wakes.delete(wake) };
  }

  state(ifindex: number): PortState | undefined {
    return this.#interfaces[ifindex - 1]?.state;
  }

  interfaceIndex(name: string): number {
    return this.#interfaces.findIndex((one) => one.name === name) + 1;
  }

  /** They stay as they are. */
  onPortChange(): Disposable {
    return { [Symbol.dispose]() {} };
  }

  #deliver(number: number, frame: Uint8Array, before?: Uint8Array): boolean {
    const end = this.#ends.get(number);
    if (end === undefined) throw new RangeError(`there is no port ${number}`);
    if (end.deliver(frame, before)) return true;
    this.flush();
    return end.deliver(frame, before);
  }

  #collect(): void {
    for (const [number, end] of this.#ends) {
      const [ifindex, side] = number > HOSTS ? ([number - HOSTS, 'host'] as const) : ([number, 'wire'] as const);
      end.collect((bytes) => this.#arrived.push({ ifindex, side, bytes: bytes.slice() }));
    }
  }
}
