import { join } from 'node:path';
import { CPUS, EVENTS, PATH, PORTS, SOCKETS, TRIPS, WAYS } from '@twinpath/compiler/abi';
import { type BpfMap, type MapSpec, RingBuffer } from '@twinpath/ebpf';
import { type Fd, onlineCpus, pollFd } from '@twinpath/linux';
import type { Placement } from '@twinpath/vnf/chain';
import type { PlaceProgram } from '../compile/function-compiler.ts';
import type { EventHandler, LoadedProgram, PortState, StagedMaps } from '../data-plane.ts';
import { MAPS } from '../host/pins.ts';
import type { InstancePlaces, InstancePlane, PlacedPart, PlacedProgram, Wiring } from '../instance-plane.ts';
import { PortLinks } from '../network/port-links.ts';
import type { PacketOut } from '../packet-out/packet-out.ts';
import { fillCpus } from './cpu-queues.ts';
import { EventSockets } from './event-sockets.ts';
import { KernelMaps, StagedKernelMaps } from './kernel-maps.ts';
import { KernelPacketOut } from './kernel-packet-out.ts';
import { KernelProgram, loadPrograms } from './kernel-programs.ts';
import { PathArrays } from './path-arrays.ts';
import { PortMaps } from './port-maps.ts';
import { recordOf } from './standing-program.ts';

/** Not the chain's. */
const isOwn = ({ name }: MapSpec) => name !== TRIPS;

export interface KernelPlaneOptions {
  /** Names the programs and the directory of the maps. */
  readonly functionName: string;
  /** Where pins go, on a BPF file system. */
  readonly pins: string;
  /** The mark of the instance's packets. */
  readonly key: number;
  readonly wiring: Wiring;
}

function partOf(
  { choice: { hook }, ir, maps }: KernelProgram,
  owner: string,
  remembered: readonly string[],
): PlacedPart {
  const ids = Object.entries(maps).map(([name, map]) => [name, map.info().id] as const);
  const remembers = remembered.flatMap((name) => {
    const map = maps[name];
    return map === undefined ? [] : [[name, { type: map.type, maxEntries: map.maxEntries }] as const];
  });
  return { owner, hook, ir, maps: Object.fromEntries(ids), remembers: Object.fromEntries(remembers) };
}

/** Maps that all programs of an instance agree about. */
function rememberedBy([first, ...others]: readonly KernelProgram[]): readonly string[] {
  return first?.remembers.filter((name) => others.every(({ remembers }) => remembers.includes(name))) ?? [];
}

const GONE: PortState = { mac: '', mtu: 0, up: false, addresses: [] };

/** One instance in the kernel of this machine, seen from the thread in which its code runs. */
export class KernelPlane implements InstancePlane {
  readonly asksKernel = true;
  readonly cpus = onlineCpus().length;
  /** Of those that are there now, since many more may be possible, and each takes 64 KiB. */
  readonly cpuNumbers = Math.max(...onlineCpus()) + 1;
  readonly maps: KernelMaps;
  readonly #options: KernelPlaneOptions;
  readonly #portMaps = new PortMaps();
  /** While somebody listens. */
  #sockets: EventSockets | undefined;
  readonly #links = new PortLinks((fd, onEvent) => this.watch(fd, onEvent));
  /** By chain. */
  readonly #arrays = new Map<string, PathArrays>();
  #packetOut: KernelPacketOut | undefined;
  #places: InstancePlaces = { placements: [], ports: [], beginnings: [], arrays: {} };
  /** By position. */
  readonly #attached = new Map<number, KernelProgram>();
  /** What chains that are fused have been told. */
  #remembered: readonly string[] = [];

  constructor(options: KernelPlaneOptions) {
    this.#options = options;
    this.maps = new KernelMaps(join(options.pins, MAPS, options.functionName), () => {
      if (this.places.fuses !== undefined) options.wiring.collect();
    });
  }

  get places(): InstancePlaces {
    return this.#places;
  }

  set places(places: InstancePlaces) {
    const { fuses: before = [] } = this.#places;
    this.#places = places;
    const fresh = new Set(places.fuses?.filter((chain) => !before.includes(chain)));
    const told = places.placements.flatMap(({ chain, position }) =>
      fresh.has(chain) ? (this.#attached.get(position) ?? []) : [],
    );
    if (told.length > 0) this.#options.wiring.place(told.map((program) => this.#placed(program, this.#remembered)));
  }

  get packetOut(): PacketOut {
    this.#packetOut ??= new KernelPacketOut({
      key: this.#options.key,
      places: () => this.places,
      writes: this.maps.writes,
    });
    return this.#packetOut;
  }

  portState(name: string): PortState {
    const port = this.places.ports.find((one) => one.name === name);
    return (port && this.#links.state(port)) ?? GONE;
  }

  interfaceIndex(name: string): number {
    const namespace = this.places.ports[0]?.namespace;
    return this.#links.index(name, namespace);
  }

  onPortChange(changed: () => void): void {
    this.#links.onChange(changed);
  }

  refreshPorts(): void {
    this.#refreshSockets();
    // A table of an author's may be called that, too.
    if (this.maps.typeOf(PORTS) !== 'devmap') return;
    this.#portMaps.refresh(
      (name) => this.maps.map(name),
      this.places.ports,
      (port) => this.#links.state(port),
    );
  }

  adopt(): boolean {
    return this.maps.adopt();
  }

  hasMap(name: string): boolean {
    return this.maps.typeOf(name) !== undefined;
  }

  stageMaps(specs: readonly MapSpec[], fresh?: ReadonlySet<string>): StagedMaps {
    using owned = new DisposableStack();
    const staged = owned.use(this.maps.stage(specs.filter(isOwn), fresh));
    const cpus = staged.byName[CPUS];
    if (cpus !== undefined && staged.isFresh(CPUS)) fillCpus(cpus);
    owned.move();
    return staged;
  }

  load(programs: readonly PlaceProgram[], staged: StagedMaps): readonly LoadedProgram[] {
    if (!(staged instanceof StagedKernelMaps)) throw new TypeError('these maps are not in the kernel');
    const mapsFor = ({ position }: PlaceProgram): Readonly<Record<string, BpfMap>> => {
      const { chain, hook } = this.#placement(position);
      const arrays = this.#arraysOf(chain);
      return { ...staged.byName, [PATH]: arrays.get('path', hook), [WAYS]: arrays.ways, [TRIPS]: arrays.trips };
    };
    const standing = ({ position }: PlaceProgram) => {
      const { chain, hook } = this.#placement(position);
      return this.#arraysOf(chain).standing(hook, position);
    };
    return loadPrograms(programs, { functionName: this.#options.functionName, mapsFor, standing });
  }

  attach(programs: readonly LoadedProgram[]): void {
    const fresh = programs.map((program) => {
      if (!(program instanceof KernelProgram)) throw new TypeError('these programs are not in the kernel');
      return program;
    });
    const positions = new Set(fresh.map(({ choice }) => choice.position));
    const others = this.places.placements.flatMap(({ position }) =>
      positions.has(position) ? [] : (this.#attached.get(position) ?? []),
    );
    const remembered = rememberedBy([...fresh, ...others]);
    // What one program writes in place is remembered of none.
    const isSame = remembered.join() === this.#remembered.join();
    const told = isSame ? [] : others.filter((program) => this.#isFused(program));
    this.#options.wiring.place([...fresh, ...told].map((program) => this.#placed(program, remembered)));
    this.#remembered = remembered;
    for (const program of fresh) {
      this.#attached.set(program.choice.position, program);
      this.#remember(program);
    }
  }

  discardEvents(): number {
    using ring = new RingBuffer(this.maps.map(EVENTS), () => {});
    return ring.drain();
  }

  listen(handler: EventHandler, drained: () => boolean): Disposable {
    using owned = new DisposableStack();
    const ring = owned.use(new RingBuffer(this.maps.map(EVENTS), handler, drained));
    owned.use(this.listenToSockets(handler, drained));
    ring.start();
    return owned.move();
  }

  get lostAtSockets(): number {
    return this.#sockets?.lost ?? 0;
  }

  /** To those of reasons whose way they are. */
  protected listenToSockets(handler: EventHandler, drained: () => void): Disposable {
    using owned = new DisposableStack();
    const map = () => (this.maps.typeOf(SOCKETS) === 'xskmap' ? this.maps.map(SOCKETS) : undefined);
    const watch = (fd: Fd, onEvent: () => void) => this.watch(fd, onEvent);
    this.#sockets = owned.use(new EventSockets({ map, watch, handler, drained }));
    owned.defer(() => {
      this.#sockets = undefined;
    });
    this.#refreshSockets();
    return owned.move();
  }

  watch(fd: Fd, onEvent: () => void): Disposable {
    const poll = pollFd(fd, onEvent);
    poll.unref();
    return poll;
  }

  /** Unpins all that is the instance's, and lets go of everything. */
  [Symbol.dispose](): void {
    using rest = new DisposableStack();
    for (const one of [this.#links, ...this.#arrays.values()]) rest.use(one);
    rest.use(this.maps);
    if (this.#packetOut !== undefined) rest.use(this.#packetOut);
  }

  #placed(program: KernelProgram, remembered: readonly string[]): PlacedProgram {
    const { position } = program.choice;
    const { chain, function: owner } = this.#placement(position);
    const part = this.#isFused(program) ? partOf(program, owner, remembered) : undefined;
    return { chain, position, id: program.id, ...(part && { part }) };
  }

  #isFused({ choice }: KernelProgram): boolean {
    return this.places.fuses?.includes(this.#placement(choice.position).chain) === true;
  }

  #remember({ choice: { position }, spec, id }: KernelProgram): void {
    this.#arraysOf(this.#placement(position).chain).remember(position, recordOf(spec, id));
  }

  #refreshSockets(): void {
    this.#sockets?.refresh(this.places.ports, (port) => this.#links.state(port)?.up === true);
  }

  #placement(position: number): Placement {
    const found = this.places.placements.find((one) => one.position === position);
    if (found === undefined) throw new RangeError(`the function has no place ${position}`);
    return found;
  }

  #arraysOf(chain: string): PathArrays {
    const directory = this.places.arrays[chain];
    if (directory === undefined) throw new RangeError(`the function is not in chain ${chain}`);
    const arrays = this.#arrays.get(chain) ?? new PathArrays(directory);
    this.#arrays.set(chain, arrays);
    return arrays;
  }
}
