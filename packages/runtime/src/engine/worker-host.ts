import { Engine, type EngineImage, type EngineMap, type Seat, type Trap } from '@twinpath/engine';
import { createPort, type FramePoolImage, freePort, type InterfaceImage, type PortImage } from '@twinpath/engine/ports';
import { type Configuration, EngineWorker, type Network, type PollOptions } from '@twinpath/engine/workers';
import type { PortState } from '../data-plane.ts';
import type { EngineHost, Judges } from './engine-host.ts';
import type { Inlet } from './inlet.ts';
import { PortInlet } from './port-inlet.ts';
import { watchRing } from './watch-ring.ts';

/** Ports of one interface, by worker. */
export interface HostedInterface {
  readonly ifindex: number;
  readonly ports: readonly (readonly PortImage[])[];
  /** Where the host is; none: what it sends and gets does not come by the engine. */
  readonly hosts: readonly PortImage[];
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
  /** How many. */
  readonly workers: number;
  /** Of each one's pool. */
  readonly frames: number;
  readonly frameBytes: number;
  onTrap(trap: Trap): void;
}

const MEMORY_BYTES = 512 << 20;
const INLET = 1 << 30;
const INLET_RING = 1024;
/** A program that began before a generation was left has ended after it. */
const GRACE_MS = 50;

/** What a thread joins the engine with. Plain data. */
export interface SeatImage {
  /** Without maps and programs. */
  readonly engine: EngineImage;
  readonly seat: Seat;
  readonly inlet: PortImage;
  /** Whose inlet it is. */
  readonly pool: FramePoolImage;
  readonly graceMs: number;
}

/** To be disposed when its thread is gone, or has let go. */
export interface EngineSeat extends AsyncDisposable {
  readonly image: SeatImage;
}

/** Runs programs in workers that poll their ports. */
export class WorkerHost implements EngineHost, AsyncDisposable {
  readonly engine: Engine;
  readonly workers: readonly EngineWorker[];
  readonly graceMs = GRACE_MS;
  /** What slow paths send goes in there. */
  readonly #first: EngineWorker;
  #inlets: readonly PortImage[] = [];
  /** Inlets are on their way out. */
  #leaving: Promise<unknown> = Promise.resolve();
  #interfaces: readonly HostedInterface[] = [];
  #surroundings: Surroundings | undefined;
  #judges: readonly Judges[] = [];

  private constructor(engine: Engine, workers: readonly EngineWorker[]) {
    this.engine = engine;
    this.workers = workers;
    const [first] = workers;
    if (first === undefined) throw new RangeError('an engine on interfaces has workers');
    this.#first = first;
  }

  static async start({ workers: cpus, poll, frames, frameBytes, onTrap }: WorkerHostOptions): Promise<WorkerHost> {
    const engine = new Engine({ shared: true, cpus, bytes: MEMORY_BYTES });
    const options = { pool: { frames, frameBytes }, poll, onTrap };
    const start = (cpu: number) => EngineWorker.start(engine, { cpu, ...options });
    return new WorkerHost(engine, await Promise.all(Array.from({ length: cpus }, (_, cpu) => start(cpu))));
  }

  /** Opens the ports. @throws what prevents it */
  async open(interfaces: readonly HostedInterface[], surroundings: Surroundings): Promise<void> {
    this.#interfaces = interfaces;
    this.#surroundings = surroundings;
    await this.refreshNetwork();
  }

  /** Takes back what workers had of interfaces that are closed, and that they were told of before. */
  async reclaim(closed: readonly HostedInterface[]): Promise<void> {
    const all = this.workers.map((_, index) =>
      closed.flatMap(({ ports, hosts }) => [...(ports[index] ?? []), ...hosts.slice(index, index + 1)]),
    );
    await Promise.all(this.workers.map((worker, index) => worker.reclaim((all[index] ?? []).map(({ slot }) => slot))));
    // Those of AF_XDP are gone with their sockets.
    for (const port of all.flat()) if (port.device.kind !== 'xdp') freePort(this.engine, port);
  }

  /** Routes or neighbours are others than before. */
  async refreshNetwork(): Promise<void> {
    const network = this.#surroundings?.network();
    await Promise.all(
      this.workers.map((worker, index) => worker.configure({ ...this.#configuration(index), network })),
    );
  }

  bring(judges: readonly Judges[]): void {
    this.#judges = judges;
    const network = this.#surroundings?.network();
    for (const [index, worker] of this.workers.entries()) {
      // One that is gone judges nothing any more; the chain is lost, and says so.
      if (worker.failure === undefined) worker.configureNow({ ...this.#configuration(index), network });
    }
    for (const { ifindex, takeOutward } of this.#interfaces) {
      takeOutward(judges.some((one) => one.ifindex === ifindex && one.egress !== 0));
    }
  }

  openInlet(): Inlet {
    const image = this.#addInlet();
    const inlet = new PortInlet(this.engine, this.#first.pool, image, () => this.#first.wake());
    return {
      inject: (to, frame) => inlet.inject(to, frame),
      flush: () => inlet.flush(),
      [Symbol.dispose]: () => {
        inlet[Symbol.dispose]();
        this.#leaving = Promise.all([this.#leaving, this.#removeInlet(image)]);
      },
    };
  }

  openSeat(): EngineSeat {
    const { engine } = this;
    const seat = engine.createSeat();
    const inlet = this.#addInlet();
    const image = { ...engine.image(), maps: [], programs: [] };
    return {
      image: { engine: image, seat, inlet, pool: this.#first.pool, graceMs: this.graceMs },
      [Symbol.asyncDispose]: async () => {
        // Before all else: workers may wait for what it held.
        engine.freeSeat(seat);
        await this.#removeInlet(inlet);
      },
    };
  }

  watch(ring: EngineMap, wake: () => void): Disposable {
    return watchRing(this.engine, ring, wake);
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
    await this.#leaving;
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  #configuration(index: number): Partial<Configuration> {
    const all = this.#interfaces.flatMap(({ ports, hosts }) => [
      ...(ports[index] ?? []),
      ...hosts.slice(index, index + 1),
    ]);
    const interfaces = this.#interfaces.map(({ ifindex, hosts }): InterfaceImage => {
      const { xdp = 0, ingress = 0, egress = 0 } = this.#judges.find((one) => one.ifindex === ifindex) ?? {};
      return { number: ifindex, host: hosts[index]?.number, xdp, ingress, egress };
    });
    const inlets = index === 0 ? this.#inlets : [];
    return { ports: [...all, ...inlets], interfaces, inlet: INLET };
  }

  #addInlet(): PortImage {
    const { slot } = this.#first.takeSlot();
    const device = { kind: 'memory' } as const;
    const image = { number: INLET, queue: slot, name: 'inlet', slot, ringSize: INLET_RING, device };
    const inlet = createPort(this.engine, image);
    this.#inlets = [...this.#inlets, inlet];
    this.bring(this.#judges);
    return inlet;
  }

  async #removeInlet(inlet: PortImage): Promise<void> {
    this.#inlets = this.#inlets.filter((one) => one !== inlet);
    if (this.#first.failure !== undefined) return;
    this.bring(this.#judges);
    await this.#first.reclaim([inlet.slot]);
    freePort(this.engine, inlet);
  }
}
