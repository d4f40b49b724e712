// Functions and their C twins over the same maps; more than one follow each other by tail calls.
import { PATH, STATE } from '@twinpath/compiler/abi';
import { BpfMap, BpfProgram, type ProgramSpec, setTailCall, VerifierError } from '@twinpath/ebpf';
import { hashKeys } from '@twinpath/vnf/spec';
import { type Clang, compileC, type Twin } from './compile-c.ts';
import { Instance, type Making, SEED } from './instance.ts';

export interface Contender {
  readonly name: string;
  /** How a C twin was compiled. */
  readonly options?: string;
  readonly keys: 'ours' | 'fields' | 'words';
  /** The first one. */
  readonly program: BpfProgram;
  /** Slots of 8 bytes, of all. */
  readonly instructions: number;
  /** Instructions that the verifier walked, of all. */
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

/** A function, and its twin: a file beside this one, without its extension. */
export interface Part extends Omit<Making, 'next'> {
  readonly twin: string;
  /** A map that only the twin has, called `twin`. */
  twinMap?(): BpfMap;
}

/**
 * Without clang there are no twins.
 * @throws Error the verifier refuses every form of the twin
 */
export function openContest(name: string, parts: readonly Part[], clang?: Clang): Contest {
  using owned = new DisposableStack();
  const isLast = (index: number) => index === parts.length - 1;
  const instances = parts.map((part, index) => {
    const next = { kind: 'tail-call', map: PATH, index: index + 1 } as const;
    return owned.use(new Instance(isLast(index) ? part : { ...part, next }));
  });
  const maps = parts.map(({ twinMap }, index) => {
    const twin = twinMap && owned.use(twinMap());
    return { ...instances[index]?.maps, ...(twin && { twin }) };
  });
  const open = (title: string, keys: Contender['keys'], specs: readonly ProgramSpec[], options?: string): Contender => {
    const path = { name: 'path', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: parts.length } as const;
    const array = owned.use(BpfMap.create(path));
    const loaded = specs.map((spec, index) => load(spec, { ...maps[index], [PATH]: array }));
    for (const [index, { program }] of loaded.entries()) setTailCall(array, index, owned.use(program));
    const [first] = loaded;
    if (first === undefined) throw new Error(`${name} has a program`);
    return {
      name: title,
      keys,
      program: first.program,
      instructions: specs.reduce((sum, { code }) => sum + code.length / 8, 0),
      steps: loaded.reduce((sum, { steps }) => sum + steps, 0),
      ...(options !== undefined && { options }),
    };
  };
  const ours = open(
    `${name} Twinpath`,
    'ours',
    instances.map(({ spec }) => spec),
  );
  const forms = parts.map(({ twin }, index) => {
    const slots = instances[index]?.counters ?? [];
    return clang === undefined ? [] : compileC(clang, twin, macros(slots, isLast(index) ? undefined : index + 1));
  });
  const twins = alike(forms).flatMap(({ options, keys, specs }) => {
    try {
      return open(`${name} clang ${options}`, keys, specs, options);
    } catch (error) {
      // What the verifier refuses of one processor version it may accept of another.
      if (error instanceof VerifierError) return [];
      throw error;
    }
  });
  if (clang !== undefined && twins.length === 0) throw new Error(`the verifier refuses every form of ${name}'s twin`);
  const all = owned.move();
  return {
    ours,
    twins,
    reset() {
      for (const instance of instances) instance.reset();
    },
    contents: () => instances.map((instance) => instance.contents()).join('\n'),
    [Symbol.dispose]: () => all.dispose(),
  };
}

function macros(slots: readonly string[], next: number | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...hashKeys(SEED, 5).map((key, index) => [`HASH_KEY_${index}`, `${key}ull`]),
    ...slots.map((slot, index) => [`SLOT_${slot.toUpperCase().replaceAll(/\W/g, '_')}`, String(index)]),
    ['GENERATIONS_WORD', String(STATE.generations / 4)],
    ...(next === undefined ? [] : [['NEXT_PROGRAM', String(next)]]),
  ]);
}

/** Twins of all parts that were compiled the same way; where a part has no such form, its first. */
function alike([first = [], ...others]: readonly (readonly Twin[])[]) {
  return first.map(({ options, keys, spec }) => {
    const behind = others.flatMap((forms) => forms.find((form) => form.options === options) ?? forms[0] ?? []);
    return { options, keys, specs: [spec, ...behind.map((form) => form.spec)] };
  });
}

/** The verifier gives up when a signal is pending and is asked again; then it says nothing of what it did. */
function load(spec: ProgramSpec, maps: Readonly<Record<string, BpfMap>>) {
  for (;;) {
    const program = BpfProgram.load(spec, { maps, statistics: true });
    if (program.statistics !== undefined) return { program, steps: program.statistics.processed };
    program[Symbol.dispose]();
  }
}
