import {
  allTables,
  type Bench,
  contextText,
  EVENTS,
  type Experiment,
  fillAll,
  hex,
  KernelStore,
  LOOPBACK,
  type Observation,
  type OpenProgram,
  type Run,
  readAll,
} from '@twinpath/compiler/fuzz';
import { type MapSpec, type ProgramSpec, parseSkbContext, skbContext } from '@twinpath/ebpf';
import { Engine, type EngineMap, type EngineProgram } from '@twinpath/engine';

const MEMORY_BYTES = 32 << 20;
/** What the evaluator's environment begins with. */
const FIRST_RANDOM = 0x2545_f491;

/** The engine's side of experiments. Time stands at 0, as in the evaluator. */
export class EngineBench implements Bench {
  readonly name = 'engine';
  readonly cpus: number;
  readonly #engine: Engine;
  readonly #options: { readonly checked: boolean };

  /** `checked`: as programs that no verifier saw. */
  constructor(cpus = 1, { checked = false } = {}) {
    this.cpus = cpus;
    this.#options = { checked };
    this.#engine = new Engine({ bytes: MEMORY_BYTES, cpus, clock: () => 0, random: FIRST_RANDOM });
  }

  observe(experiment: Experiment, spec: ProgramSpec): Observation {
    using maps = this.#maps([...allTables, EVENTS]);
    using program = this.#engine.load(spec, { maps: maps.byName, ...this.#options });
    const store = (name: string) => storeOf(maps.byName, name);
    const records: string[] = [];
    const ring = this.#engine.ringBuffer(found(maps.byName, EVENTS.name), (memory, offset, length) => {
      records.push(hex(new Uint8Array(memory.buffer, memory.byteOffset + offset, length)));
    });
    fillAll(store, this.cpus, experiment.tableSeed);
    const runs = experiment.packets.map((packet) => run(program, packet, experiment));
    ring.drain();
    return { runs, tables: { ...readAll(store), [EVENTS.name]: records } };
  }

  open(spec: ProgramSpec, specs: readonly MapSpec[]): OpenProgram {
    using owned = new DisposableStack();
    const { byName } = owned.use(this.#maps(specs));
    const program = owned.use(this.#engine.load(spec, { maps: byName, ...this.#options }));
    const ctx = program.type === 'xdp' ? {} : { ctx: skbContext({ ifindex: LOOPBACK }) };
    const all = owned.move();
    return {
      verdict: (packet) => verdictOf(program.testRun({ data: packet, ...ctx })) | 0,
      store: (name) => storeOf(byName, name),
      [Symbol.dispose]: () => all.dispose(),
    };
  }

  #maps(specs: readonly MapSpec[]) {
    const maps = specs.map((spec) => this.#engine.createMap(spec));
    return {
      byName: Object.fromEntries(maps.map((map) => [map.name, map])),
      [Symbol.dispose]: () => {
        for (const map of maps) map[Symbol.dispose]();
      },
    };
  }
}

type Maps = Readonly<Record<string, EngineMap>>;

function found(maps: Maps, name: string): EngineMap {
  const map = maps[name];
  if (map === undefined) throw new RangeError(`no map ${name}`);
  return map;
}

const storeOf = (maps: Maps, name: string): KernelStore => new KernelStore(found(maps, name), found(maps, name));

function verdictOf({ retval, trapped }: ReturnType<EngineProgram['testRun']>): number {
  if (trapped) throw new Error('the engine stopped the program');
  return retval;
}

function run(program: EngineProgram, packet: Uint8Array, { program: { hook }, skb }: Experiment): Run {
  if (hook === 'xdp') {
    const result = program.testRun({ data: packet });
    return { verdict: verdictOf(result), packet: hex(result.data), context: '' };
  }
  const result = program.testRun({ data: packet, ctx: skbContext(skb) });
  const { mark, priority, cb } = parseSkbContext(result.ctx);
  return { verdict: verdictOf(result), packet: hex(result.data), context: contextText(mark, priority, cb) };
}
