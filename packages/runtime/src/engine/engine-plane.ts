import { EVENTS, LINKS, PORTS, TRIPS } from '@twinpath/compiler/abi';
import type { MapSpec } from '@twinpath/ebpf';
import { type RunTime, runTimeAt } from '@twinpath/engine';
import type { Fd } from '@twinpath/linux';
import type { Placement } from '@twinpath/vnf/chain';
import type { PlaceProgram } from '../compile/function-compiler.ts';
import type { EventHandler, LoadedProgram, PortState, StagedMaps } from '../data-plane.ts';
import { programName } from '../host/paths.ts';
import type { InstancePlaces, InstancePlane, InstancePort } from '../instance-plane.ts';
import { linkValue } from '../kernel/port-maps.ts';
import type { PacketOut } from '../packet-out/packet-out.ts';
import { indexKey } from '../tables/instance-maps.ts';
import type { EngineAccess } from './engine-access.ts';
import { EngineMaps, type MapSource, StagedEngineMaps } from './engine-maps.ts';
import { EnginePacketOut } from './engine-packet-out.ts';
import type { EngineAnswers } from './engine-question.ts';
import { RecordReader } from './record-reader.ts';

export interface EnginePlaneOptions {
  /** Names the programs. */
  readonly functionName: string;
  readonly access: EngineAccess;
  /** The mark of the instance's packets. */
  readonly key: number;
  /** What goes with it. */
  readonly tenancy?: Disposable;
}

const GONE: PortState = { mac: '', mtu: 0, up: false, addresses: [] };

/** A program of a function in an engine. */
class LoadedEngineProgram implements LoadedProgram {
  readonly choice: LoadedProgram['choice'];
  readonly name: string;
  readonly id: number;
  readonly #times: number;
  readonly #access: EngineAccess;

  constructor({ hook, position }: PlaceProgram, name: string, loaded: EngineAnswers['load'], access: EngineAccess) {
    this.choice = { hook, position };
    this.name = name;
    this.id = loaded.id;
    this.#times = loaded.times;
    this.#access = access;
  }

  /** Of a program that packets meet first, with those that follow. */
  runTime(): RunTime {
    return runTimeAt(this.#access.engine, this.#times);
  }

  [Symbol.dispose](): void {
    this.#access.ask({ ask: 'unload', id: this.id });
  }
}

/** One instance in an engine, seen from the thread in which its code runs. */
export class EnginePlane implements InstancePlane {
  readonly cpus: number;
  readonly cpuNumbers: number;
  readonly maps: EngineMaps;
  readonly packetOut: PacketOut;
  places: InstancePlaces = { placements: [], ports: [], beginnings: [], arrays: {} };
  readonly #options: EnginePlaneOptions;
  readonly #owned = new DisposableStack();

  constructor(options: EnginePlaneOptions) {
    const { access, key } = options;
    const { engine, graceMs } = access;
    this.#options = options;
    if (options.tenancy !== undefined) this.#owned.use(options.tenancy);
    this.cpus = engine.cpus;
    this.cpuNumbers = this.cpus;
    this.maps = this.#owned.use(new EngineMaps({ cpus: this.cpus, graceMs, source: sourceOf(access) }));
    const openInlet = () => this.#owned.use(access.openInlet());
    this.packetOut = new EnginePacketOut({ openInlet, paths: access.paths, key, places: () => this.places });
  }

  portState(name: string): PortState {
    const port = this.places.ports.find((one) => one.name === name);
    return (port && this.#stateOf(port)) ?? GONE;
  }

  interfaceIndex(name: string): number {
    return this.#options.access.interfaceIndex(name, this.places.ports[0]?.namespace);
  }

  onPortChange(changed: () => void): void {
    this.#owned.use(this.#options.access.onPortChange(changed));
  }

  refreshPorts(): void {
    // A table of an author's may be called that, too.
    if (this.maps.typeOf(PORTS) !== 'devmap') return;
    const [ports, links] = [this.maps.map(PORTS), this.maps.map(LINKS)];
    for (const [index, port] of this.places.ports.entries()) {
      const state = this.#stateOf(port);
      links.update(indexKey(index), linkValue(port.ifindex, state));
      if (state?.up === true) ports.update(indexKey(index), indexKey(port.ifindex));
      else ports.delete(indexKey(index));
    }
  }

  adopt(): boolean {
    const { engine, ask } = this.#options.access;
    const present = ask({ ask: 'present' }).map(([name, image]) => [name, engine.openMap(image)] as const);
    return this.maps.adopt(new Map(present));
  }

  hasMap(name: string): boolean {
    return this.maps.typeOf(name) !== undefined;
  }

  stageMaps(specs: readonly MapSpec[], fresh?: ReadonlySet<string>): StagedMaps {
    return this.maps.stage(
      specs.filter(({ name }) => name !== TRIPS),
      fresh,
    );
  }

  load(programs: readonly PlaceProgram[], staged: StagedMaps): readonly LoadedProgram[] {
    if (!(staged instanceof StagedEngineMaps)) throw new TypeError('these maps are not in the engine');
    const { access, functionName } = this.#options;
    const maps = Object.entries(staged.byName).map(([name, { id }]) => [name, id] as const);
    using owned = new DisposableStack();
    const loaded = programs.map((made) => {
      const name = programName(functionName, made.direction === 'egress' ? 'out' : 'in');
      const { hook } = this.#placement(made.position);
      const answer = access.ask({ ask: 'load', spec: { ...made.spec, name }, hook, maps });
      return owned.use(new LoadedEngineProgram(made, name, answer, access));
    });
    owned.move();
    return loaded;
  }

  attach(programs: readonly LoadedProgram[]): void {
    const placed = programs.map(({ id, choice: { position } }) => {
      return { chain: this.#placement(position).chain, position, id };
    });
    this.#options.access.wiring.place(placed);
  }

  discardEvents(): number {
    return this.#ring(() => {}).drain();
  }

  listen(handler: EventHandler, drained: () => void): Disposable {
    const { access } = this.#options;
    using owned = new DisposableStack();
    const ring = this.#ring(handler);
    const reader = owned.use(new RecordReader(ring, drained, (work) => access.within(work)));
    owned.use(access.watchRing(this.maps.map(EVENTS), () => reader.wake()));
    return owned.move();
  }

  watch(fd: Fd, onEvent: () => void): Disposable {
    return this.#options.access.watch(fd, onEvent);
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }

  #stateOf(port: InstancePort): PortState | undefined {
    return port.ifindex === 0 ? undefined : this.#options.access.state(port);
  }

  #ring(handler: EventHandler) {
    return this.#options.access.engine.ringBuffer(this.maps.map(EVENTS), handler);
  }

  #placement(position: number): Placement {
    const found = this.places.placements.find((one) => one.position === position);
    if (found === undefined) throw new RangeError(`the function has no place ${position}`);
    return found;
  }
}

const sourceOf = (access: EngineAccess): MapSource => ({
  create: (spec) => access.engine.openMap(access.ask({ ask: 'create', spec })),
  release(map) {
    access.closeMap(map);
    access.ask({ ask: 'release', address: map.id });
  },
  install: (maps) => access.ask({ ask: 'install', maps: [...maps].map(([name, { id }]) => [name, id] as const) }),
});
