import { Engine, type EngineMap, type Trap } from '@twinpath/engine';
import { createPort, FarEnd, type InterfaceImage, inletHeader, type PortImage } from '@twinpath/engine/ports';
import { EngineWorker, type Network, type PollOptions } from '@twinpath/engine/workers';
import type { PortState } from '../data-plane.ts';
import type { EngineHost, Inward, Judges } from './engine-host.ts';

/** Ports of one interface, as a worker has them. */
export interface HostedInterface {
  readonly ifindex: number;
  readonly ports: readonly PortImage[];
  /** The port where the host is, if what it sends and gets comes by the engine. */
  readonly host: PortImage | undefined;
  /** Whether what the host sends is to come to the engine from now on. */
  takeOutward(taken: boolean): void;
}

/** What the host knows of its interfaces. */
export interface Surroundings {
  state(ifindex: number): PortState | undefined;
  interfaceIndex(name: string): number;
  onPortChange(changed: () => void): Disposable;
  /** What bpf_fib_lookup and check_mtu know. */
  network(): Network | undefined;
}

export interface WorkerHostOptions {
  readonly poll: PollOptions;
  /** Of its pool. */
  readonly frames: number;
  readonly frameBytes: number;
  onTrap(trap: Trap): void;
}

const MEMORY_BYTES = 512 << 20;
const INLET = 1 << 30;
const INLET_RING = 2048;
/** A program that began before a generation was left has ended after it. */
const GRACE_MS = 50;

/** Runs programs in a worker that polls its ports. */
export class WorkerHost implements EngineHost, AsyncDisposable {
  readonly engine: Engine;
  readonly worker: EngineWorker;
  readonly graceMs = GRACE_MS;
  readonly #inlet: PortImage;
  readonly #far: FarEnd;
  readonly #words: Int32Array;
  #interfaces: readonly HostedInterface[] = [];
  #surroundings: Surroundings | undefined;
  #judges: readonly Judges[] = [];
  #cell = 0;

  private constructor(engine: Engine, worker: EngineWorker) {
    this.engine = engine;
    this.worker = worker;
    const { slot } = worker.takeSlot();
    const device = { kind: 'memory' } as const;
    this.#inlet = createPort(engine, { number: INLET, name: 'inlet', slot, ringSize: INLET_RING, device });
    this.#far = new FarEnd(engine.memory, worker.pool, this.#inlet, () => worker.wake());
    this.#words = new Int32Array(engine.memory.memory.buffer);
  }

  static async start({ poll, frames, frameBytes, onTrap }: WorkerHostOptions): Promise<WorkerHost> {
    const engine = new Engine({ shared: true, cpus: 1, bytes: MEMORY_BYTES });
    const worker = await EngineWorker.start(engine, { cpu: 0, pool: { frames, frameBytes }, poll, onTrap });
    return new WorkerHost(engine, worker);
  }

  /** Opens the ports. @throws what prevents it */
  async open(interfaces: readonly HostedInterface[], surroundings: Surroundings): Promise<void> {
    this.#interfaces = interfaces;
    this.#surroundings = surroundings;
    await this.worker.configure(this.#configuration());
  }

  /** Routes or neighbours are others than before. */
  async refreshNetwork(): Promise<void> {
    await this.worker.configure(this.#configuration());
  }

  tripsAt(address: (cpu: number) => number): void {
    this.#cell = address(this.worker.cpu);
  }

  bring(judges: readonly Judges[]): void {
    this.#judges = judges;
    this.worker.configureNow(this.#configuration());
    for (const { ifindex, takeOutward } of this.#interfaces) {
      takeOutward(judges.some((one) => one.ifindex === ifindex && one.egress !== 0));
    }
  }

  inject({ trips, ...to }: Inward, frame: Uint8Array): boolean {
    return this.#far.deliver(frame, inletHeader({ ...to, ...(trips > 0 && { cell: this.#cell, value: trips }) }));
  }

  flush(): void {
    this.#far.ring();
  }

  watch(ring: EngineMap, wake: () => void): Disposable {
    const stop = new AbortController();
    const word = ring.producerAddress >>> 2;
    const look = async () => {
      while (!stop.signal.aborted) {
        const before = Atomics.load(this.#words, word);
        wake();
        await Atomics.waitAsync(this.#words, word, before).value;
      }
    };
    void look();
    return {
      [Symbol.dispose]: () => {
        stop.abort();
        Atomics.notify(this.#words, word);
      },
    };
  }

  state(ifindex: number): PortState | undefined {
    return this.#surroundings?.state(ifindex);
  }

  interfaceIndex(name: string): number {
    return this.#surroundings?.interfaceIndex(name) ?? 0;
  }

  onPortChange(changed: () => void): Disposable {
    return this.#surroundings?.onPortChange(changed) ?? { [Symbol.dispose]() {} };
  }

  /** The ports' owners close them behind this. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.stop();
  }

  #configuration() {
    const ports = this.#interfaces.flatMap((one) => [...one.ports, ...(one.host === undefined ? [] : [one.host])]);
    const interfaces = this.#interfaces.map(({ ifindex, host }): InterfaceImage => {
      const { xdp = 0, ingress = 0, egress = 0 } = this.#judges.find((one) => one.ifindex === ifindex) ?? {};
      return { number: ifindex, host: host?.number, xdp, ingress, egress };
    });
    const network = this.#surroundings?.network();
    return { ports: [...ports, this.#inlet], interfaces, inlet: INLET, network };
  }
}
