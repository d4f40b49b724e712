// One program and its C twins over the same maps.

import { fileURLToPath } from 'node:url';
import { compileFunction, importVnf } from '@twinpath/compiler';
import { type BpfMap, BpfProgram, type MapSpec, type ProgramSpec, VerifierError } from '@twinpath/ebpf';
import { type InstanceMaps, KernelMaps, runningTables } from '@twinpath/runtime';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { hashKeys } from '@twinpath/vnf/spec';
import { type Clang, compileC } from './compile-c.ts';

export interface Contender {
  readonly name: string;
  /** How a C twin was compiled. */
  readonly options?: string;
  readonly keys: 'ours' | 'fields' | 'words';
  readonly program: BpfProgram;
  /** Slots of 8 bytes. */
  readonly instructions: number;
  /** Instructions that the verifier walked. */
  readonly steps: number;
}

export interface Contest extends Disposable {
  readonly ours: Contender;
  readonly twins: readonly Contender[];
  /** Maps as after `configure`. */
  reset(): void;
  /** What lies in tables and counters. */
  contents(): string;
}

const SEED = 1;
const CPUS = 2;
const TARGET = {
  clock: 'kernel',
  cpus: CPUS,
  ports: [{ name: 'port', ifindex: 1 }],
  classifiers: new Map(),
  seed: SEED,
  key: 7,
} as const;

export async function openContest(name: string, clang: Clang): Promise<Contest> {
  const imported = await importVnf(fileURLToPath(new URL(`${name}.vnf.ts`, import.meta.url)));
  const wire = { hook: 'xdp' } as const;
  const { plan, maps: specs, programs } = compileFunction(imported, { config: {}, target: TARGET, programs: [wire] });
  const [compiled] = programs;
  if (compiled === undefined) throw new Error(`${name} has a program`);
  using owned = new DisposableStack();
  const staged = owned.use(new KernelMaps('').stage(specs));
  const open = (title: string, keys: Contender['keys'], spec: ProgramSpec, options?: string): Contender => {
    const { program, steps } = load(spec, staged.byName);
    owned.use(program);
    const instructions = spec.code.length / 8;
    return { name: title, keys, program, instructions, steps, ...(options !== undefined && { options }) };
  };
  const ours = open(`${name} Twinpath`, 'ours', compiled.compiled.spec);
  const macros = Object.fromEntries(hashKeys(SEED, 5).map((key, index) => [`HASH_KEY_${index}`, `${key}ull`]));
  const twins = compileC(clang, name, macros).flatMap((twin) => {
    try {
      return open(`${name} clang ${twin.options}`, twin.keys, twin.spec, twin.options);
    } catch (error) {
      // What the verifier refuses of one processor version it may accept of another.
      if (error instanceof VerifierError) return [];
      throw error;
    }
  });
  if (twins.length === 0) throw new Error(`the verifier refuses every form of ${name}.bpf.c`);
  const reset = () => {
    clear(specs, staged.maps, staged.byName);
    const tables = runningTables(plan, staged.maps, { ports: ['port'] });
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const context = {
      config: {},
      previous: undefined,
      tables: tables.tables,
      counters: {},
      cpus: CPUS,
      log,
      now: () => 0,
    };
    imported.spec.configure?.(context);
  };
  reset();
  const all = owned.move();
  return {
    ours,
    twins,
    reset,
    contents: () => contents(plan, specs, staged.maps),
    [Symbol.dispose]: () => all.dispose(),
  };
}

/** The verifier gives up when a signal is pending and is asked again; then it says nothing of what it did. */
function load(spec: ProgramSpec, maps: Readonly<Record<string, BpfMap>>) {
  for (;;) {
    const program = BpfProgram.load(spec, { maps, statistics: true });
    if (program.statistics !== undefined) return { program, steps: program.statistics.processed };
    program[Symbol.dispose]();
  }
}

function clear(specs: readonly MapSpec[], maps: InstanceMaps, byName: Readonly<Record<string, BpfMap>>): void {
  for (const { name, type, flags } of specs) {
    if (type === 'ringbuf') continue;
    if (flags?.includes('mmapable')) maps.memory(name).fill(0);
    else if (type.endsWith('array')) zero(maps, name);
    else byName[name]?.clear();
  }
}

function zero(maps: InstanceMaps, name: string): void {
  const store = maps.store(name);
  for (const [key, value] of store.entries()) store.update(key, new Uint8Array(value.length), 'any');
}

/** Times are left out: they are different in each run. */
function contents(plan: FunctionPlan, specs: readonly MapSpec[], maps: InstanceMaps): string {
  const timed = plan.tables.filter(({ value }) => value.fields.some(({ type }) => type.kind === 'instant'));
  const withTimes = new Set(timed.flatMap((table) => table.maps.map(({ name }) => name)));
  const shown = specs.filter(({ name, type }) => type !== 'ringbuf' && !withTimes.has(name));
  return shown
    .map(({ name }) => {
      const entries = [...maps.store(name).entries()].map(([key, value]) => `${hex(key)}=${hex(value)}`);
      return `${name} ${entries.sort().join(' ')}`;
    })
    .join('\n');
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
