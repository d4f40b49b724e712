import type { MapSpec, ProgramSpec, RecordHandler } from '@twinpath/ebpf';
import { EngineError } from './engine-error.ts';
import type { EngineImage, MapImage, ProgramImage, Seat } from './engine-image.ts';
import { type EngineOptions, engineWorld, type World } from './engine-options.ts';
import { EngineProgram } from './engine-program.ts';
import type { HookHelpers } from './imports.ts';
import { EngineMap, type MapHost, type MapOperations } from './maps/engine-map.ts';
import { ERRNO } from './maps/errno.ts';
import { placeMap } from './maps/place-map.ts';
import { EngineRingBuffer } from './maps/ring-buffer.ts';
import { type MapShape, shapeKey, shapeOf } from './maps/shape.ts';
import { TrieControl } from './maps/trie-control.ts';
import { Arena } from './memory/arena.ts';
import { GUARD_BYTES, ROOM_END, ROOM_START, STACK_END, STACK_START, STATE, STATE_BYTES } from './memory/cpu-state.ts';
import { LinearMemory } from './memory/linear-memory.ts';
import { translateOperations } from './translate/translate-operations.ts';
import { translateProgram } from './translate/translate-program.ts';
import { moduleName, type Origin, type Trap } from './trap-report.ts';
import './wasm/web-assembly.ts';

const PAGE = 65536;
/** Nothing lies where NULL points to. */
const STATES_START = 4096;
/** Of a thread that works on maps: its cells, and room for a key and a value. */
const SEAT_BYTES = 64 << 10;
const LARGEST_MEMORY = 2 ** 31;
const MOST_PROGRAMS = 1024;
const DEFAULT_BYTES = 64 << 20;
const DEFAULT_FUEL = 1 << 20;
/** struct bpf_fib_lookup */
const FIB_BYTES = 64;

export interface ProgramLoading {
  /** The maps that the program refers to, by the names that it uses. */
  readonly maps?: Readonly<Record<string, EngineMap>>;
  /** For programs that no verifier saw: every access is checked, and loops end. Default false. */
  readonly checked?: boolean;
  /** Checked mode: loop rounds and calls that one packet may cost; default about a million. */
  readonly fuel?: number;
  /** Counts runs and their time; costs two looks at the clock for each burst. Default false. */
  readonly measured?: boolean;
}

/**
 * The data plane of one thread: maps, programs and frames in one linear memory that never grows. Other threads join with
 * an {@link EngineImage}; each has its own stack and per-CPU values.
 */
export class Engine implements MapHost {
  readonly memory: LinearMemory;
  /** How many values an entry of a per-CPU map has. */
  readonly cpus: number;
  /** The CPU that programs run on here. */
  readonly cpu: number;
  readonly #world: World;
  readonly #seed: bigint;
  /** Gives out addresses: on the thread that made the engine. */
  readonly #arena: Arena | undefined;
  readonly #state: number;
  /** Of keys and values of Node's side. */
  readonly #roomEnd: number;
  readonly #programs: WebAssembly.Table;
  readonly #images = new Map<number, ProgramImage>();
  readonly #loaded = new Map<number, EngineProgram>();
  readonly #maps = new Map<number, EngineMap>();
  readonly #shapes: string[] = [];
  #serial = 0;
  readonly #operations = new Map<string, MapOperations>();

  /** @throws EngineError when the memory given cannot be used. */
  constructor(options: EngineOptions = {}) {
    const { bytes = DEFAULT_BYTES, shared = false, cpus = 1, cpu, image, seat } = options;
    const pages = Math.ceil(bytes / PAGE);
    const memory =
      image?.memory ?? options.memory ?? new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    if (memory.buffer.byteLength > LARGEST_MEMORY) {
      throw new EngineError('the memory is larger than 2 GiB', 'addresses have 31 bits');
    }
    this.#world = engineWorld(options);
    this.cpus = image?.cpus ?? cpus;
    this.cpu = cpu ?? 0;
    this.#seed = image?.seed ?? this.#world.seed;
    // The thread that made the engine has a state of its own behind those of the CPUs, which other threads may run.
    const place = image === undefined ? this.cpus : this.cpu;
    this.#state = seat?.address ?? STATES_START + place * STATE_BYTES;
    this.#roomEnd = this.#state + (seat?.bytes ?? ROOM_END);
    this.memory = new LinearMemory(memory, this.#state + STATE.mapLock);
    const end = STATES_START + (this.cpus + 1) * STATE_BYTES;
    if (image === undefined) this.#arena = new Arena(end, this.memory.bytes.length);
    // Not what lies between: it may be guarded already.
    this.memory.bytes.fill(0, this.#state, this.#state + ROOM_START);
    if (seat === undefined) this.memory.bytes.fill(0, this.#state + STACK_START, this.#state + STACK_END);
    this.memory.setU32(this.#state + STATE.random, this.#world.random || 1);
    this.#programs = new WebAssembly.Table({ element: 'anyfunc', initial: MOST_PROGRAMS, maximum: MOST_PROGRAMS });
    if (image !== undefined) this.adopt(image);
  }

  /** An engine on another thread, over the memory of the one that the image is of; it runs programs as `cpu`. */
  static join(image: EngineImage, options: Omit<EngineOptions, 'image' | 'memory' | 'bytes' | 'cpus'> = {}): Engine {
    return new Engine({ ...options, image });
  }

  /** Bytes that maps and buffers can still have. */
  get available(): number {
    return this.#arena?.available ?? 0;
  }

  /** Pages around stacks that nobody uses: who can take them away has programs stopped that go beyond (see ports/live). Addresses. */
  get guards(): readonly number[] {
    const states = Array.from({ length: this.cpus + 1 }, (_, cpu) => STATES_START + cpu * STATE_BYTES);
    return states.flatMap((state) => [state + STACK_START - GUARD_BYTES, state + STACK_END]);
  }

  /** Address of room in the memory, for frames, rings and the like. @throws EngineError when there is none. */
  allocate(bytes: number, what: string, alignment?: number): number {
    return this.#owner().allocate(bytes, what, alignment);
  }

  free(address: number): void {
    this.#owner().free(address);
  }

  /** @throws EngineError for an impossible spec, or when the memory is used up. */
  createMap(spec: MapSpec): EngineMap {
    const shape = shapeOf(spec, this.cpus);
    const geometry = placeMap(this.memory, this.#owner(), spec, shape, this.#shapeNumber(shape));
    return this.#addMap({ spec, shape, geometry });
  }

  /** A map that another thread has made. */
  openMap(image: MapImage): EngineMap {
    return this.#maps.get(image.geometry.base) ?? this.#addMap(image);
  }

  /** For a thread that joins to work on maps: `Engine.join(image, { seat })`. */
  createSeat(): Seat {
    return { address: this.allocate(SEAT_BYTES, 'room for a thread that works on maps'), bytes: SEAT_BYTES };
  }

  /** When its thread is gone, however it ended: the lock that it held is free. */
  freeSeat({ address }: Seat): void {
    const lock = this.memory.getU32(address + STATE.mapLock);
    if (lock !== 0) Atomics.store(new Int32Array(this.memory.memory.buffer), lock / 4, 0);
    this.free(address);
  }

  /** The one consumer of a ring buffer. */
  ringBuffer(map: EngineMap, onRecord: RecordHandler): EngineRingBuffer {
    return new EngineRingBuffer(this.memory, map, onRecord);
  }

  /** @throws EngineError for what the engine does not have, AssemblerError for what is no program. */
  load(
    spec: ProgramSpec,
    { maps = {}, checked = false, fuel = DEFAULT_FUEL, measured = false }: ProgramLoading = {},
  ): EngineProgram {
    // Ids and shapes are numbered there.
    this.#owner();
    const id = this.#freeId();
    const known = Object.entries(maps).map(([name, { shape, geometry }]) => {
      return [name, { shape, key: `"${name}" (${shape.type})`, geometry }] as const;
    });
    const { bytes, marks } = translateProgram(spec, {
      ...this.#library(),
      maps: new Map(known),
      checked,
      fuel,
      shapeNumber: (shape) => this.#shapeNumber(shape),
      moduleName: moduleName(id),
    });
    return this.#addProgram({
      id,
      serial: this.#serial++,
      spec,
      checked,
      module: new WebAssembly.Module(bytes),
      marks,
      times: measured ? this.#createTimes(spec.name) : 0,
    });
  }

  /** What other threads need to join, or to catch up with {@link adopt}. */
  image(): EngineImage {
    return {
      memory: this.memory.memory,
      cpus: this.cpus,
      seed: this.#seed,
      maps: [...this.#maps.values()].map(({ image }) => image),
      programs: [...this.#images.values()],
    };
  }

  /** Takes over the maps and programs of another thread's image; those that are not in it go. */
  adopt({ maps, programs }: EngineImage): void {
    for (const { id, serial } of [...this.#images.values()]) {
      if (!programs.some((program) => program.serial === serial)) this.unload(id);
    }
    for (const image of maps) {
      const present = this.#maps.get(image.geometry.base);
      if (present === undefined || JSON.stringify(present.spec) !== JSON.stringify(image.spec)) this.#addMap(image);
    }
    const bases = new Set(maps.map(({ geometry }) => geometry.base));
    for (const base of this.#maps.keys()) if (!bases.has(base)) this.#maps.delete(base);
    for (const program of programs) if (!this.#images.has(program.id)) this.#addProgram(program);
  }

  /** Frees the place of a program: tail calls to it stop their callers. */
  unload(id: number): void {
    const times = this.#images.get(id)?.times ?? 0;
    if (times !== 0) this.#arena?.free(times);
    this.#programs.set(id, null);
    this.#images.delete(id);
    this.#loaded.delete(id);
  }

  programs(): readonly EngineProgram[] {
    return [...this.#loaded.values()];
  }

  program(id: number): EngineProgram | undefined {
    return this.#loaded.get(id);
  }

  /** Inner maps and those of all programs. */
  maps(): readonly EngineMap[] {
    return [...this.#maps.values()];
  }

  withRoom<T>(keyBytes: number, valueBytes: number, body: (key: number, value: number) => T): T {
    const value = Math.ceil(keyBytes / 8) * 8;
    if (this.#state + ROOM_START + value + valueBytes <= this.#roomEnd)
      return body(this.#state + ROOM_START, this.#state + ROOM_START + value);
    const room = this.allocate(value + valueBytes, 'a key and a value');
    try {
      return body(room, room + value);
    } finally {
      this.free(room);
    }
  }

  operations(shape: MapShape): MapOperations {
    const key = shapeKey(shape);
    const known = this.#operations.get(key);
    if (known !== undefined) return known;
    const module = new WebAssembly.Module(translateOperations(shape, this.#library()));
    // Node's side counts from the first CPU's value on.
    const { exports } = new WebAssembly.Instance(module, { engine: this.#imports(0) });
    const operations = {
      lookup: number(exports.lookup),
      update: number(exports.update),
      remove: number(exports.remove),
    };
    this.#operations.set(key, operations);
    return operations;
  }

  release({ geometry: { base } }: EngineMap): void {
    if (this.#maps.delete(base)) this.#arena?.free(base);
  }

  #addMap({ spec, shape, geometry }: MapImage): EngineMap {
    const map = new EngineMap(this, spec, shape, geometry);
    this.#maps.set(geometry.base, map);
    return map;
  }

  #addProgram(image: ProgramImage): EngineProgram {
    const { exports } = new WebAssembly.Instance(image.module, { engine: this.#imports(this.cpu) });
    this.#programs.set(image.id, exports.program);
    this.#images.set(image.id, image);
    const run = number(exports.run);
    const program = new EngineProgram(this, {
      image,
      run,
      state: this.#state,
      onTrap: (trap: Trap) => this.#world.onTrap?.(trap),
      origins: this.#images satisfies ReadonlyMap<number, Origin>,
    });
    this.#loaded.set(image.id, program);
    return program;
  }

  #createTimes(program: string): number {
    const bytes = 16 * this.cpus;
    const address = this.allocate(bytes, `the run times of ${program}`);
    this.memory.bytes.fill(0, address, address + bytes);
    return address;
  }

  #library() {
    return { pages: this.memory.pages, shared: this.memory.shared, seed: this.#seed };
  }

  #imports(cpu: number): Readonly<Record<string, unknown>> {
    const { clock, fib, mtu, clone } = this.#world;
    const helpers: HookHelpers = {
      clock,
      mtu,
      clone: (context, ifindex, flags) => clone(this, context >>> 0, ifindex >>> 0, flags >>> 0),
      fibLookup: (address, size, flags) =>
        size < FIB_BYTES ? -ERRNO.EINVAL : fib(new DataView(this.memory.memory.buffer, address, size), flags >>> 0),
      updateTrie: (map, key, value, flags) => this.#trie(map)?.update(key, value, flags) ?? -ERRNO.EINVAL,
      deleteTrie: (map, key) => this.#trie(map)?.delete(key) ?? -ERRNO.EINVAL,
    };
    const { memory } = this.memory;
    const constant = (value: number) => new WebAssembly.Global({ value: 'i32' }, value);
    return { memory, programs: this.#programs, cpuState: constant(this.#state), cpu: constant(cpu), ...helpers };
  }

  #trie(base: number): TrieControl | undefined {
    const map = this.#maps.get(base);
    return map && new TrieControl(this.memory, base, map.shape);
  }

  #shapeNumber(shape: MapShape): number {
    const key = shapeKey(shape);
    const known = this.#shapes.indexOf(key);
    // 0 is what the header of NULL says.
    return known >= 0 ? known + 1 : this.#shapes.push(key);
  }

  #freeId(): number {
    // 0 is what an empty entry of a program array holds.
    for (let id = 1; id < MOST_PROGRAMS; id++) if (!this.#images.has(id)) return id;
    throw new EngineError(`there are ${MOST_PROGRAMS - 1} programs already`, 'dispose those that are not used');
  }

  #owner(): Arena {
    if (this.#arena !== undefined) return this.#arena;
    throw new EngineError(
      'only the thread that made the engine gives out its memory, and loads programs',
      'make maps, buffers and programs there, and send the image to the others',
    );
  }
}

type Numbers = (...given: readonly number[]) => number;

function number(exported: unknown): Numbers {
  if (typeof exported !== 'function') throw new TypeError('a module of the engine lacks an export');
  return (...given) => Number(exported(...given));
}
