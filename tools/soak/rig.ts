import { strict as assert } from 'node:assert';
import type { ProgramSpec } from '@twinpath/ebpf';
import { Engine, type EngineMap } from '@twinpath/engine';
import {
  createLink,
  createPort,
  FarEnd,
  freePort,
  type InterfaceImage,
  inletHeader,
  type PortImage,
  readPortCounters,
} from '@twinpath/engine/ports';
import { XdpInterface } from '@twinpath/engine/ports/live';
import { EngineWorker } from '@twinpath/engine/workers';
import { programs, tcPrograms } from './programs.ts';
import { NEAR, type Wires } from './wires.ts';

const FRAMES = 4096;
/** Programs that are there at a time: others go, so that their places are used again. */
const PLACES = 24;
const RINGS = [64, 256, 1024, 2048];
const TAP = 1000;
const INLET = 1001;
const LINKS = [2000, 2001] as const;
/** Frames for the middle, each time. */
const INJECTED = 500;

/** A worker, the wires that are its own, and the ports that it has on them now. */
interface Side {
  readonly links: readonly string[];
  worker: EngineWorker;
  interfaces: readonly XdpInterface[];
  tap: PortImage | undefined;
  /** Of memory: for frames that begin in the middle, and to the other side. */
  memory: readonly PortImage[];
  /** Since the worker was started: by ports that are gone, and when it was checked last. */
  received: number;
  aborted: number;
}

/** An engine with two workers that is turned inside out again and again, and looked at each time. */
export class Rig implements AsyncDisposable {
  readonly totals = { received: 0, sent: 0, aborted: 0, reconfigurations: 0, restarts: 0 };
  readonly #engine: Engine;
  readonly #random: (limit: number) => number;
  readonly #sides: readonly Side[];
  readonly #maps: Readonly<Record<'next' | 'all' | 'flows' | 'numbers', EngineMap>>;
  /** Of a word that a frame may have written while it is judged. */
  readonly #cell: number;
  /** Bytes of the engine that are free when there are no ports. */
  readonly #room: number;

  private constructor(engine: Engine, sides: readonly Side[], random: (limit: number) => number) {
    this.#engine = engine;
    this.#sides = sides;
    this.#random = random;
    const map = (name: string, type: 'array' | 'devmap-hash' | 'lru-hash', valueSize: number, maxEntries: number) =>
      engine.createMap({ name, type, keySize: 4, valueSize, maxEntries });
    this.#maps = {
      next: map('next', 'devmap-hash', 4, 64),
      all: map('all', 'devmap-hash', 4, 64),
      flows: map('flows', 'lru-hash', 8, 1024),
      numbers: map('numbers', 'array', 4, 8),
    };
    this.#cell = engine.allocate(4, 'a cell');
    this.#room = engine.available;
  }

  static async open(wires: Wires, random: (limit: number) => number): Promise<Rig> {
    const engine = new Engine({ bytes: 96 << 20, shared: true, cpus: wires.pairs.length });
    const sides: Side[] = [];
    for (const [cpu, links] of wires.pairs.entries()) {
      const worker = await startWorker(engine, cpu);
      sides.push({ links, worker, interfaces: [], tap: undefined, memory: [], received: 0, aborted: 0 });
    }
    return new Rig(engine, sides, random);
  }

  /** Takes all ports away, checks, and makes others. */
  async reconfigure(): Promise<void> {
    await this.halt();
    this.totals.reconfigurations++;
    for (const side of this.#sides) {
      if (this.#random(8) === 0) await this.#restart(side);
      this.#openPorts(side);
    }
    this.#openLink();
    for (const side of this.#sides) {
      await side.worker.configure({
        ports: portsOf(side),
        program: this.#pickProgram(programs),
        host: side.tap?.number,
        interfaces: this.#random(2) === 0 ? [] : this.#pickInterfaces(side),
        inlet: INLET,
      });
      this.#inject(side);
    }
  }

  /** Without looking: an error that ends the soak must not be hidden by what follows from it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { worker, interfaces } of this.#sides) {
      await worker.stop();
      for (const one of interfaces) one[Symbol.dispose]();
    }
  }

  /** Takes all ports away. @throws AssertionError for a frame, a count or memory that is gone. */
  async halt(): Promise<void> {
    for (const side of this.#sides) {
      const ports = portsOf(side);
      await side.worker.configure({});
      const counters = ports.map((port) => readPortCounters(this.#engine.memory, port));
      const held = side.worker.audit();
      for (const [index, { received, sent, completed, filled }] of counters.entries()) {
        const { name = '', slot = 0 } = ports[index] ?? {};
        const waiting = sent - completed;
        // What the other side has not fetched any more is still there.
        if (ports[index]?.device.kind !== 'link')
          assert.equal(waiting, 0, `frames that ${name} has sent, and that came back`);
        assert.equal(
          held.get(slot) ?? 0,
          filled - received + waiting,
          `frames that ${name} holds, and that it was given to receive`,
        );
      }
      const count = (name: 'received' | 'sent') => counters.reduce((sum, one) => sum + one[name], 0);
      side.received += count('received');
      this.totals.received += count('received');
      this.totals.sent += count('sent');
      for (const one of side.interfaces) one[Symbol.dispose]();
      await side.worker.reclaim(ports.map(({ slot }) => slot));
      for (const port of [...(side.tap ? [side.tap] : []), ...side.memory]) freePort(this.#engine, port);
      Object.assign(side, { interfaces: [], tap: undefined, memory: [] });
      this.#check(side);
    }
    assert.equal(this.#engine.available, this.#room, 'bytes of the engine that are free without ports');
  }

  #check(side: Side): void {
    const { worker, received } = side;
    assert.deepEqual([...worker.audit()], [[0, FRAMES]], 'holders of frames when all ports are gone');
    const { sent, dropped, aborted, passed, lost, broadcast, cloned } = worker.counters();
    const judged = sent + dropped + aborted + passed + lost + broadcast;
    assert.equal(judged, received + cloned, 'frames judged, and received or copied');
    this.totals.aborted += aborted - side.aborted;
    side.aborted = aborted;
  }

  async #restart(side: Side): Promise<void> {
    const { cpu } = side.worker;
    await side.worker[Symbol.asyncDispose]();
    side.worker = await startWorker(this.#engine, cpu);
    Object.assign(side, { received: 0, aborted: 0 });
    this.totals.restarts++;
  }

  #openPorts(side: Side): void {
    const links = side.links.filter(() => this.#random(6) !== 0);
    side.interfaces = links.map((link) => {
      const ringSize = RINGS[this.#random(RINGS.length)] ?? 64;
      return new XdpInterface(this.#engine, { link, namespace: NEAR, queues: [side.worker.takeSlot()], ringSize });
    });
    if (this.#random(2) === 0) {
      const device = { kind: 'tap', name: `tap${side.worker.cpu}`, namespace: NEAR } as const;
      const port = { number: TAP, name: device.name, ringSize: 64, device };
      side.tap = createPort(this.#engine, { ...port, ...side.worker.takeSlot() });
    }
    const device = { kind: 'memory' } as const;
    const inlet = { number: INLET, name: 'inlet', ringSize: 256, device };
    side.memory = [createPort(this.#engine, { ...inlet, ...side.worker.takeSlot() })];
    const numbers = [...side.interfaces.map(({ ifindex }) => ifindex), ...(side.tap ? [TAP] : [])];
    for (let index = 0; index < 8; index++) this.#maps.numbers.update(word(index), word(numbers[index] ?? 0));
    for (const [index, number] of numbers.entries()) {
      this.#maps.next.update(word(number), word(numbers[(index + 1) % numbers.length] ?? 0));
      this.#maps.all.update(word(number), word(number));
    }
    if (this.#random(4) === 0) this.#maps.flows.clear();
  }

  /** Between the sides; the first is closed first, while the other one still fetches. */
  #openLink(): void {
    const [first, second] = this.#sides;
    if (first === undefined || second === undefined) return;
    const ends = createLink(this.#engine, {
      first: { number: LINKS[0], ...first.worker.takeSlot() },
      second: { number: LINKS[1], ...second.worker.takeSlot() },
      ringSize: 256,
    });
    for (const [index, side] of [first, second].entries()) {
      const end = ends[index];
      if (end !== undefined) side.memory = [...side.memory, end];
      for (const number of side.interfaces.map(({ ifindex }) => ifindex)) {
        if (this.#random(4) === 0) this.#maps.next.update(word(number), word(LINKS[index] ?? 0));
      }
    }
  }

  #pickInterfaces(side: Side): readonly InterfaceImage[] {
    const pick = (specs: readonly ProgramSpec[]) => (this.#random(3) === 0 ? 0 : this.#pickProgram(specs));
    return side.interfaces.map(({ ifindex: number }, index) => ({
      number,
      host: index === 0 ? side.tap?.number : undefined,
      xdp: pick(programs),
      ingress: pick(tcPrograms),
      egress: pick(tcPrograms),
    }));
  }

  /** Frames for programs of any kind, at any interface, in any way. */
  #inject({ worker, memory: [inlet], interfaces }: Side): void {
    if (inlet === undefined) return;
    const far = new FarEnd(this.#engine.memory, worker.pool, inlet, () => worker.wake());
    const ids = this.#engine.programs().map(({ id }) => id);
    for (let count = 0; count < INJECTED; count++) {
      const frame = new Uint8Array(14 + this.#random(1500)).fill(this.#random(256));
      const header = inletHeader({
        program: ids[this.#random(ids.length + 1)] ?? 0,
        ifindex: interfaces[this.#random(interfaces.length + 1)]?.ifindex ?? 77,
        side: this.#random(2) === 0 ? 0 : 1,
        mark: this.#random(3),
        ...(this.#random(2) === 0 && { cell: this.#cell, value: 1 }),
      });
      if (!far.deliver(frame, header)) break;
    }
    far.ring();
  }

  /** Its id. */
  #pickProgram(specs: readonly ProgramSpec[]): number {
    const spec = specs[this.#random(specs.length)];
    if (spec === undefined) return 0;
    const loaded = this.#engine.programs();
    for (const old of loaded.slice(0, Math.max(0, loaded.length - PLACES))) old[Symbol.dispose]();
    return this.#engine.load(spec, { maps: this.#maps, checked: true, fuel: 10_000 }).id;
  }
}

const portsOf = ({ interfaces, tap, memory }: Side): readonly PortImage[] => [
  ...interfaces.flatMap(({ ports }) => ports),
  ...(tap ? [tap] : []),
  ...memory,
];

const startWorker = (engine: Engine, cpu: number): Promise<EngineWorker> =>
  EngineWorker.start(engine, { cpu, pool: { frames: FRAMES } });

const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
