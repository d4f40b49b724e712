import { Engine } from '../engine.ts';
import { FibTable } from '../helpers/fib-table.ts';
import { CaptureDevice } from '../ports/capture.ts';
import { FarEnd } from '../ports/far-end.ts';
import { Forwarder } from '../ports/forwarder.ts';
import { FramePool, type FramePoolImage } from '../ports/frame-pool.ts';
import { LinkMover, LinkSignal } from '../ports/link.ts';
import { Port } from '../ports/port.ts';
import type { Device, DeviceImage, PortImage } from '../ports/port-image.ts';
import type { Trap } from '../trap-report.ts';
import type { Configuration, Network, WorkerStart } from './messages.ts';

/** How long what is being sent may take when a port is taken away. */
const DRAIN_MS = 500;
/** BPF_FIB_LKUP_RET_NOT_FWDED: there are no routes. */
const NOT_FORWARDED = 4;
const ETHERNET_MTU = 1500;

/** What a worker needs of the machine; without it there are files and memory only. */
export interface Machine {
  open(memory: Engine['memory'], image: PortImage, farEnd: () => FarEnd): Device;
  /** Who sleeps until this descriptor can be read. */
  wake(alarm: number): void;
}

/** The state of one worker thread: an engine that took part in another's, and the ports that it works on. */
export class PortWorker implements Disposable {
  readonly engine: Engine;
  readonly forwarder: Forwarder;
  readonly #machine: Machine | undefined;
  #fib: FibTable | undefined;

  constructor({ image, cpu, pool, place }: WorkerStart, machine: Machine | undefined, onTrap: (trap: Trap) => void) {
    this.#machine = machine;
    this.engine = Engine.join(image, {
      cpu,
      onTrap,
      fib: (parameters, flags) => this.#fib?.lookup(parameters, flags) ?? NOT_FORWARDED,
      mtu: (ifindex) => this.#fib?.mtu(ifindex) ?? ETHERNET_MTU,
      clone: (_engine, context, ifindex, flags) => this.forwarder.clone(context, ifindex, flags),
    });
    this.forwarder = new Forwarder(this.engine, new FramePool(this.engine.memory, pool), place);
  }

  /** What stays goes on untouched. @throws Error when a port cannot be opened; then it and those behind it are not there. */
  configure({ ports, network, ...assigned }: Configuration): void {
    const { forwarder, engine } = this;
    this.#fib = network && fibOf(network);
    forwarder.assign(assigned);
    for (const port of forwarder.ports) {
      if (!ports.some(({ counters }) => counters === port.image.counters)) this.#close(port);
    }
    for (const image of ports) {
      const isNew = !forwarder.ports.some((port) => port.image.counters === image.counters);
      if (isNew) forwarder.addPort(new Port(engine.memory, forwarder.pool, image, this.#open(image)));
    }
  }

  reclaim(slots: readonly number[]): void {
    for (const slot of slots) this.forwarder.pool.reclaim(slot);
  }

  [Symbol.dispose](): void {
    for (const port of this.forwarder.ports) this.#close(port);
  }

  #open(image: PortImage): Device {
    const { memory } = this.engine;
    const { device } = image;
    const farEnd = () => new FarEnd(memory, this.forwarder.pool.image, image);
    if (device.kind === 'memory') return { [Symbol.dispose]() {} };
    if (device.kind === 'capture') return new CaptureDevice(device.capture, farEnd());
    if (device.kind === 'link') return this.#openLink(device, farEnd);
    if (this.#machine === undefined) throw new Error(`${image.name}: ports of kind "${device.kind}" need Linux`);
    return this.#machine.open(memory, image, farEnd);
  }

  #openLink({ pool, moves }: DeviceImage & { readonly kind: 'link' }, farEnd: () => FarEnd): Device {
    const { memory } = this.engine;
    const words = new Int32Array(memory.memory.buffer);
    const ring = ({ bell, asleep, alarm }: FramePoolImage) => {
      Atomics.add(words, bell >>> 2, 1);
      Atomics.notify(words, bell >>> 2);
      if (alarm !== undefined && Atomics.load(words, asleep >>> 2) !== 0) this.#machine?.wake(alarm);
    };
    return moves === undefined
      ? new LinkSignal(pool, ring)
      : new LinkMover(memory, farEnd(), { pool, port: moves }, ring);
  }

  #close(port: Port): void {
    this.forwarder.removePort(port);
    const deadline = performance.now() + DRAIN_MS;
    port.flush();
    while (port.sending > 0 && performance.now() < deadline) port.flush();
    port.device[Symbol.dispose]();
  }
}

function fibOf({ ports, routes, neighbours }: Network): FibTable {
  const table = new FibTable();
  for (const port of ports) table.setPort(port);
  for (const route of routes) table.setRoute(route);
  for (const neighbour of neighbours) table.setNeighbour(neighbour);
  return table;
}
