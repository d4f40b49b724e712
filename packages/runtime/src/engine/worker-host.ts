import { setImmediate as immediate } from 'node:timers/promises';
import { Engine, type EngineMap, type Trap } from '@twinpath/engine';
import { createPort, FarEnd, type InterfaceImage, inletHeader, type PortImage } from '@twinpath/engine/ports';
import { type Configuration, EngineWorker, type Network, type PollOptions } from '@twinpath/engine/workers';
import type { PortState } from '../data-plane.ts';
import type { EngineHost, Inward, Judges } from './engine-host.ts';

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
const INLET_RING = 2048;
/** A program that began before a generation was left has ended after it. */
const GRACE_MS = 50;

/** A worker, and the way to it for frames that begin in the middle. */
interface Staffed {
  readonly worker: EngineWorker;
  readonly inlet: PortImage;
}

/** Runs programs in workers that poll their ports. */
export class WorkerHost implements EngineHost, AsyncDisposable {
  readonly engine: Engine;
  readonly workers: readonly EngineWorker[];
  readonly graceMs = GRACE_MS;
  readonly #staff: readonly Staffed[];
  /** What slow paths send goes in by the first. */
  readonly #far: FarEnd;
  readonly #words: Int32Array;
  #interfaces: readonly HostedInterface[] = [];
  #surroundings: Surroundings | undefined;
  #judges: readonly Judges[] = [];
  #cell = 0;

  private constructor(engine: Engine, workers: readonly EngineWorker[]) {
    this.engine = engine;
    this.workers = workers;
    this.#staff = workers.map((worker) => ({ worker, inlet: createInlet(engine, worker) }));
    const [first] = this.#staff;
    if (first === undefined) throw new RangeError('an engine on interfaces has workers');
    this.#far = new FarEnd(engine.memory, first.worker.pool, first.inlet, () => first.worker.wake());
    this.#words = new Int32Array(engine.memory.memory.buffer);
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

  /** Routes or neighbours are others than before. */
  async refreshNetwork(): Promise<void> {
    const network = this.#surroundings?.network();
    await Promise.all(
      this.#staff.map(({ worker }, index) => worker.configure({ ...this.#configuration(index), network })),
    );
  }

  tripsAt(address: (cpu: number) => number): void {
    this.#cell = address(0);
  }

  bring(judges: readonly Judges[]): void {
    this.#judges = judges;
    const network = this.#surroundings?.network();
    for (const [index, { worker }] of this.#staff.entries()) {
      // One that is gone judges nothing any more; the chain is lost, and says so.
      if (worker.failure === undefined) worker.configureNow({ ...this.#configuration(index), network });
    }
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
        // Who drains comes in between, however fast records come.
        await immediate();
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
    const inlet = this.#staff[index]?.inlet;
    return { ports: inlet === undefined ? all : [...all, inlet], interfaces, inlet: INLET };
  }
}

function createInlet(engine: Engine, worker: EngineWorker): PortImage {
  const { slot } = worker.takeSlot();
  return createPort(engine, { number: INLET, name: 'inlet', slot, ringSize: INLET_RING, device: { kind: 'memory' } });
}
