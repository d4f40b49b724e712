// The program arrays of a chain, by position. They live as long as the chain, so that what is loaded against them (functions,
// and the program by which packets of the slow path come back) need not follow each change: other places get other positions.
// Pinned, because the kernel empties a program array when nobody in user space holds it, and for other threads to open.

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TRIPS_MAP } from '@twinpath/compiler/abi';
import { BpfMap, BpfProgram, type MapSpec } from '@twinpath/ebpf';
import type { Hook } from '@twinpath/vnf/chain';
import { MADE, type Standing } from './standing-program.ts';

/** So many positions are there in a process: those of all its chains, before and behind a change. */
export const POSITIONS = 4096;

/** `path`: the program at a position. `resume`: what is behind it; nothing: the end. */
export type PathArrayName = 'path' | 'resume';

/** One of a name for each hook: the kernel holds an array to programs of one kind. */
const ARRAYS: readonly (readonly [PathArrayName, Hook])[] = [
  ['path', 'xdp'],
  ['resume', 'xdp'],
  ['path', 'tcx-ingress'],
  ['path', 'tcx-egress'],
];

const keyFor = (position: number) => new Uint8Array(Uint32Array.of(position).buffer);

const keyOf = (name: PathArrayName, hook: Hook) => `${name}-${hook}`;

export class PathArrays implements Disposable {
  readonly #maps: ReadonlyMap<string, BpfMap>;
  readonly #mark: BpfMap;
  /** How often what runs on a CPU was sent again (compiler/abi/trips.ts). */
  readonly trips: BpfMap;
  /** Interfaces in any namespace, by the position from which packets leave by them. */
  readonly ways: BpfMap;
  /** What was loaded to each position (standing-program.ts). */
  readonly #made: BpfMap;
  readonly #stack: DisposableStack;

  /** Opens those that are pinned in the directory, or makes and pins them. */
  constructor(directory: string) {
    using stack = new DisposableStack();
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#maps = new Map(
      ARRAYS.map((each) => [keyOf(...each), stack.use(openOrCreate(directory, arraySpec(keyOf(...each))))]),
    );
    this.#mark = stack.use(openOrCreate(directory, MARK));
    this.trips = stack.use(openOrCreate(directory, TRIPS_MAP));
    this.ways = stack.use(openOrCreate(directory, WAYS_MAP));
    this.#made = stack.use(openOrCreate(directory, MADE_MAP));
    this.#stack = stack.move();
  }

  /** What is sent back has just been marked on this CPU, and when: for XDP in the stack (generic-mode.ts). */
  get mark(): BpfMap {
    return this.#mark;
  }

  get(name: PathArrayName, hook: Hook): BpfMap {
    const map = this.#maps.get(keyOf(name, hook));
    if (map === undefined) throw new RangeError(`there is no program array ${keyOf(name, hook)}`);
    return map;
  }

  /** Positions at which programs of a hook stand: what a process that is gone has left, too. */
  occupied(hook: Hook): readonly number[] {
    const path = this.get('path', hook);
    const key = Uint32Array.of(0);
    const bytes = new Uint8Array(key.buffer);
    const found: number[] = [];
    for (let position = 0; position < POSITIONS; position++) {
      key[0] = position;
      if (path.lookup(bytes) !== undefined) found.push(position);
    }
    return found;
  }

  /** The program in a slot. */
  program(name: PathArrayName, hook: Hook, position: number): BpfProgram | undefined {
    const value = this.get(name, hook).lookup(new Uint8Array(Uint32Array.of(position).buffer));
    return value && BpfProgram.fromId(new DataView(value.buffer, value.byteOffset).getUint32(0, true));
  }

  /** What stands at a position. */
  standing(hook: Hook, position: number): Standing | undefined {
    const program = this.program('path', hook, position);
    return program && { program, record: this.#made.lookup(keyFor(position)) };
  }

  /** As standing-program.ts has it. */
  remember(position: number, record: Uint8Array): void {
    this.#made.update(keyFor(position), record);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

const arraySpec = (key: string): MapSpec => ({
  name: key,
  type: 'prog-array',
  keySize: 4,
  valueSize: 4,
  maxEntries: POSITIONS,
});

const WAYS_MAP: MapSpec = { name: 'ways', type: 'devmap-hash', keySize: 4, valueSize: 4, maxEntries: POSITIONS };

const MADE_MAP: MapSpec = {
  name: 'made',
  type: 'hash',
  keySize: 4,
  valueSize: MADE.size,
  maxEntries: POSITIONS,
  flags: ['no-prealloc'],
};

const MARK: MapSpec = { name: 'mark', type: 'percpu-array', keySize: 4, valueSize: 8, maxEntries: 1 };

function openOrCreate(directory: string, spec: MapSpec): BpfMap {
  const pin = join(directory, spec.name);
  if (existsSync(pin)) return BpfMap.fromPin(pin);
  const map = BpfMap.create({ ...spec, name: `tp_${spec.name}`.replaceAll('-', '_').slice(0, 15) });
  map.pin(pin);
  return map;
}
