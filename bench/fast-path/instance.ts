// A function's program over maps of its own, which can be brought back to where they were.
import { createHash } from 'node:crypto';
import {
  compileFunction,
  type ImportedVnf,
  type LoweredProgram,
  type Part,
  type ProgramChoice,
} from '@twinpath/compiler';
import { COUNTERS, HOPS, STATE } from '@twinpath/compiler/abi';
import type { BpfMap, MapSpec, ProgramSpec } from '@twinpath/ebpf';
import { counterValues, type InstanceMaps, KernelMaps, runningTables } from '@twinpath/runtime';
import { DECIDED_BY, type FunctionPlan } from '@twinpath/vnf/plan';

export const SEED = 1;
const CPUS = 2;
const TARGET = {
  clock: 'kernel',
  cpus: CPUS,
  ports: [{ name: 'port', ifindex: 1 }],
  classifiers: new Map(),
  seed: SEED,
  key: 7,
} as const;
const LOG = { debug() {}, info() {}, warn() {}, error() {} };

/** Puts an entry into a table. */
export type Put = (table: string, key: unknown, value: unknown) => void;

export interface Making {
  readonly imported: ImportedVnf;
  /** As the schema gives it. */
  readonly config: unknown;
  /** What packets would have put there, behind `configure`. */
  fill?(put: Put): void;
  readonly next?: ProgramChoice['next'];
  /** What it writes to tables is noted, as in a chain that is fused. */
  readonly notesWrites?: boolean;
}

type Program = LoweredProgram['ir'];

export class Instance implements Disposable {
  readonly spec: ProgramSpec;
  /** What the code was made of. */
  readonly ir: Program;
  readonly maps: Readonly<Record<string, BpfMap>>;
  /** What a fused program may remember of its tables. */
  readonly remembers: Part['remembers'];
  readonly #making: Making;
  readonly #plan: FunctionPlan;
  readonly #specs: readonly MapSpec[];
  readonly #stores: InstanceMaps;
  readonly #staged: Disposable;
  #resets = 0;

  constructor(making: Making) {
    const { imported, config, next, notesWrites = false } = making;
    const programs = [{ hook: 'xdp', next } as const];
    const compiled = compileFunction(imported, { config, target: TARGET, programs, notesWrites });
    const [program] = compiled.programs;
    if (program === undefined) throw new Error(`${compiled.name} has a program`);
    const staged = new KernelMaps('').stage(compiled.maps);
    this.spec = program.compiled.spec;
    this.ir = program.ir;
    this.remembers = Object.fromEntries(
      compiled.maps.flatMap(({ name, type, maxEntries }) =>
        program.remembers.includes(name) ? [[name, { type, maxEntries }] as const] : [],
      ),
    );
    this.maps = staged.byName;
    this.#making = making;
    this.#plan = compiled.plan;
    this.#specs = compiled.maps;
    this.#stores = staged.maps;
    this.#staged = staged;
    this.reset();
  }

  /** Names of the counters' slots. */
  get counters(): readonly string[] {
    return this.#plan.counters.slots;
  }

  /** Maps as after `configure` and `fill`. */
  reset(): void {
    for (const spec of this.#specs) this.#clear(spec);
    // As where the runtime listens to the kernel, and routes are plain.
    const state = this.#stores.memory(STATE.map);
    state[STATE.network] = 1;
    state[STATE.byDestination] = 1;
    // What was remembered is so no more.
    new DataView(state.buffer, state.byteOffset).setUint32(STATE.writes, ++this.#resets, true);
    const { imported, config, fill } = this.#making;
    const { tables } = runningTables(this.#plan, this.#stores, { ports: ['port'] });
    const context = { config, previous: undefined, tables, counters: {}, cpus: CPUS, log: LOG, now: () => 0 };
    imported.spec.configure?.(context);
    fill?.((name, key, value) => {
      const set: unknown = Reflect.get(tables[name] ?? {}, 'set');
      if (typeof set !== 'function') throw new Error(`${name} is no table`);
      Reflect.apply(set, tables[name], [key, value]);
    });
  }

  #clear({ name, type, flags }: MapSpec): void {
    if (type === 'ringbuf') return;
    if (flags?.includes('mmapable')) this.#stores.memory(name).fill(0);
    else if (!type.endsWith('array')) this.maps[name]?.clear();
    else {
      const store = this.#stores.store(name);
      for (const [key, value] of store.entries()) store.update(key, new Uint8Array(value.length), 'any');
    }
  }

  /** What lies in tables and counters. Times are left out: they are different in each run. */
  contents(): string {
    const timed = this.#plan.tables.filter(({ value }) => value.fields.some(({ type }) => type.kind === 'instant'));
    const withTimes = new Set(timed.flatMap((table) => table.maps.map(({ name }) => name)));
    return this.#specs
      .filter(({ name, type }) => type !== 'ringbuf' && name !== HOPS && name !== STATE.map && !withTimes.has(name))
      .map(({ name }) => {
        if (name === COUNTERS) return this.#counted();
        const entries = [...this.#stores.store(name).entries()].map(([key, value]) => `${hex(key)}=${hex(value)}`);
        return `${name} ${entries.sort().join(' ')}`;
      })
      .join('\n');
  }

  /** What decided is a sum of names that only the function itself knows. */
  #counted(): string {
    const counted = [...counterValues(this.#plan, this.#stores)].filter(([name]) => name !== DECIDED_BY);
    return `${COUNTERS} ${counted.map(([name, sum]) => `${name}=${sum}`).join(' ')}`;
  }

  [Symbol.dispose](): void {
    this.#staged[Symbol.dispose]();
  }
}

/** Longer ones are trees of rules, told apart by a digest. */
const SHOWN = 4096;
const hex = (bytes: Uint8Array) =>
  bytes.length > SHOWN ? createHash('sha256').update(bytes).digest('hex') : Buffer.from(bytes).toString('hex');
