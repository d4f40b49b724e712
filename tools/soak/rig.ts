import { strict as assert } from 'node:assert';
import { Engine, type EngineMap } from '@twinpath/engine';
import { createPort, freePort, type PortImage, readPortCounters } from '@twinpath/engine/ports';
import { XdpInterface } from '@twinpath/engine/ports/live';
import { EngineWorker } from '@twinpath/engine/workers';
import { programs } from './programs.ts';
import { NEAR, type Wires } from './wires.ts';

const FRAMES = 4096;
/** Programs that are there at a time: others go, so that their places are used again. */
const PLACES = 4;
const RINGS = [64, 256, 1024, 2048];
const TAP = 1000;

/** A worker, the wires that are its own, and the ports that it has on them now. */
interface Side {
  readonly links: readonly string[];
  worker: EngineWorker;
  interfaces: readonly XdpInterface[];
  tap: PortImage | undefined;
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
  readonly #maps: Readonly<Record<'next' | 'all' | 'flows', EngineMap>>;
  /** Bytes of the engine that are free when there are no ports. */
  readonly #room: number;

  private constructor(engine: Engine, sides: readonly Side[], random: (limit: number) => number) {
    this.#engine = engine;
    this.#sides = sides;
    this.#random = random;
    const map = (name: string, type: 'devmap-hash' | 'lru-hash', valueSize: number, maxEntries: number) =>
      engine.createMap({ name, type, keySize: 4, valueSize, maxEntries });
    this.#maps = {
      next: map('next', 'devmap-hash', 4, 64),
      all: map('all', 'devmap-hash', 4, 64),
      flows: map('flows', 'lru-hash', 8, 1024),
    };
    this.#room = engine.available;
  }

  static async open(wires: Wires, random: (limit: number) => number): Promise<Rig> {
    const engine = new Engine({ bytes: 96 << 20, shared: true, cpus: wires.pairs.length });
    const sides: Side[] = [];
    for (const [cpu, links] of wires.pairs.entries()) {
      const worker = await startWorker(engine, cpu);
      sides.push({ links, worker, interfaces: [], tap: undefined, received: 0, aborted: 0 });
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
      await side.worker.configure({
        ports: [...side.interfaces.flatMap(({ ports }) => ports), ...(side.tap ? [side.tap] : [])],
        program: this.#pickProgram(),
        host: side.tap?.number,
      });
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
      const ports = [...side.interfaces.flatMap((one) => one.ports), ...(side.tap ? [side.tap] : [])];
      await side.worker.configure({});
      const counters = ports.map((port) => readPortCounters(this.#engine.memory, port));
      const held = side.worker.audit();
      for (const [index, { received, sent, completed, filled }] of counters.entries()) {
        const { name = '', slot = 0 } = ports[index] ?? {};
        assert.equal(completed, sent, `frames that ${name} has sent, and that came back`);
        assert.equal(
          held.get(slot) ?? 0,
          filled - received,
          `frames that ${name} holds, and that it was given to receive`,
        );
      }
      const count = (name: 'received' | 'sent') => counters.reduce((sum, one) => sum + one[name], 0);
      side.received += count('received');
      this.totals.received += count('received');
      this.totals.sent += count('sent');
      for (const one of side.interfaces) one[Symbol.dispose]();
      await side.worker.reclaim(ports.map(({ slot }) => slot));
      if (side.tap !== undefined) freePort(this.#engine, side.tap);
      Object.assign(side, { interfaces: [], tap: undefined });
      this.#check(side);
    }
    assert.equal(this.#engine.available, this.#room, 'bytes of the engine that are free without ports');
  }

  #check(side: Side): void {
    const { worker, received } = side;
    assert.deepEqual([...worker.audit()], [[0, FRAMES]], 'holders of frames when all ports are gone');
    const { sent, dropped, aborted, passed, lost, broadcast } = worker.counters();
    assert.equal(sent + dropped + aborted + passed + lost + broadcast, received, 'frames judged, and received');
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
    const numbers = [...side.interfaces.map(({ ifindex }) => ifindex), ...(side.tap ? [TAP] : [])];
    for (const [index, number] of numbers.entries()) {
      this.#maps.next.update(word(number), word(numbers[(index + 1) % numbers.length] ?? 0));
      this.#maps.all.update(word(number), word(number));
    }
    if (this.#random(4) === 0) this.#maps.flows.clear();
  }

  /** Its id. */
  #pickProgram(): number {
    const spec = programs[this.#random(programs.length)];
    if (spec === undefined) return 0;
    const loaded = this.#engine.programs();
    for (const old of loaded.slice(0, Math.max(0, loaded.length - PLACES))) old[Symbol.dispose]();
    return this.#engine.load(spec, { maps: this.#maps, checked: true, fuel: 10_000 }).id;
  }
}

const startWorker = (engine: Engine, cpu: number): Promise<EngineWorker> =>
  EngineWorker.start(engine, { cpu, pool: { frames: FRAMES } });

const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
