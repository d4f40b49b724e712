// The kernel's side of an experiment: maps that are made once, and programs that are loaded, run and forgotten.

import {
  BpfMap,
  BpfProgram,
  type MapSpec,
  type ProgramSpec,
  parseSkbContext,
  RingBuffer,
  skbContext,
} from '@twinpath/ebpf';
import type { MapStore } from '../evaluate/map-store.ts';
import type { Bench, OpenProgram } from './bench.ts';
import { stayOnFirstCpu } from './cpu.ts';
import {
  contextText,
  type Experiment,
  fillAll,
  hex,
  LOOPBACK,
  type Observation,
  type Run,
  readAll,
} from './experiment.ts';
import { KernelStore, possibleCpus } from './kernel-store.ts';
import { allTables, EVENTS } from './tables.ts';

export class KernelBench implements Bench {
  readonly name = 'kernel';
  readonly cpus = possibleCpus();
  readonly #maps: Readonly<Record<string, BpfMap>>;
  readonly #ring: RingBuffer;
  #records: string[] = [];
  readonly #stores: ReadonlyMap<string, MapStore>;

  constructor() {
    stayOnFirstCpu();
    this.#maps = Object.fromEntries([...allTables, EVENTS].map((spec) => [spec.name, BpfMap.create(spec)]));
    this.#ring = new RingBuffer(this.#map(EVENTS.name), (memory, offset, length) => {
      this.#records.push(hex(new Uint8Array(memory.buffer, memory.byteOffset + offset, length)));
    });
    this.#stores = new Map(allTables.map((spec) => [spec.name, new KernelStore(this.#map(spec.name), spec)]));
  }

  /** @throws VerifierError */
  observe(experiment: Experiment, spec: ProgramSpec): Observation {
    using program = BpfProgram.load(spec, { maps: this.#maps });
    for (const { name, type } of allTables) if (!type.endsWith('array')) this.#map(name).clear();
    fillAll((name) => this.#store(name), this.cpus, experiment.tableSeed);
    this.#takeRecords();
    const runs = experiment.packets.map((packet) => run(program, packet, experiment));
    return { runs, tables: { ...readAll((name) => this.#store(name)), [EVENTS.name]: this.#takeRecords() } };
  }

  open(spec: ProgramSpec, specs: readonly MapSpec[]): OpenProgram {
    using owned = new DisposableStack();
    const maps = Object.fromEntries(specs.map((one) => [one.name, owned.use(BpfMap.create(one))]));
    const program = owned.use(BpfProgram.load(spec, { maps }));
    const ctx = program.type === 'xdp' ? {} : { ctx: skbContext({ ifindex: LOOPBACK }) };
    const stores = new Map(Object.values(maps).map((map) => [map.name, new KernelStore(map, map)]));
    const all = owned.move();
    return {
      verdict: (packet) => program.testRun({ data: packet, ...ctx }).retval | 0,
      store: (name) => found(stores, name),
      [Symbol.dispose]: () => all.dispose(),
    };
  }

  #takeRecords(): readonly string[] {
    this.#ring.drain();
    const records = this.#records;
    this.#records = [];
    return records;
  }

  [Symbol.dispose](): void {
    this.#ring[Symbol.dispose]();
    for (const map of Object.values(this.#maps)) map[Symbol.dispose]();
  }

  #map(name: string): BpfMap {
    const map = this.#maps[name];
    if (map === undefined) throw new RangeError(`no map ${name}`);
    return map;
  }

  #store(name: string): MapStore {
    return found(this.#stores, name);
  }
}

function found(stores: ReadonlyMap<string, MapStore>, name: string): MapStore {
  const store = stores.get(name);
  if (store === undefined) throw new RangeError(`no map ${name}`);
  return store;
}

function run(program: BpfProgram, packet: Uint8Array, { program: { hook }, skb }: Experiment): Run {
  if (hook === 'xdp') {
    const { retval, data } = program.testRun({ data: packet });
    return { verdict: retval, packet: hex(data), context: '' };
  }
  const { retval, data, ctx } = program.testRun({ data: packet, ctx: skbContext(skb) });
  const { mark, priority, cb } = parseSkbContext(ctx);
  return { verdict: retval, packet: hex(data), context: contextText(mark, priority, cb) };
}
