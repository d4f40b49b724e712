import type { FunctionProgram } from '@twinpath/compiler';
import { EVENTS, LINKS, PATH, PORTS, TRIPS } from '@twinpath/compiler/abi';
import type { MapSpec } from '@twinpath/ebpf';
import type { EngineMap, EngineProgram } from '@twinpath/engine';
import { type Fd, pollFd } from '@twinpath/linux';
import type { Placement } from '@twinpath/vnf/chain';
import type { EventHandler, LoadedProgram, PortState, StagedMaps } from '../data-plane.ts';
import { programName } from '../host/paths.ts';
import type { InstancePlaces, InstancePlane } from '../instance-plane.ts';
import { linkValue } from '../kernel/port-maps.ts';
import type { PacketOut } from '../packet-out/packet-out.ts';
import { indexKey } from '../tables/instance-maps.ts';
import type { EngineHost } from './engine-host.ts';
import { EngineMaps, StagedEngineMaps } from './engine-maps.ts';
import { EnginePacketOut } from './engine-packet-out.ts';
import type { EngineWiring } from './engine-wiring.ts';
import { RecordReader } from './record-reader.ts';

export interface EnginePlaneOptions {
  /** Names the programs. */
  readonly functionName: string;
  readonly host: EngineHost;
  readonly wiring: EngineWiring;
  /** The mark of the instance's packets. */
  readonly key: number;
  /** Of the instance whose place this one takes. */
  readonly before?: EnginePlane | undefined;
}

const GONE: PortState = { mac: '', mtu: 0, up: false, addresses: [] };

/** A program of a function in an engine. */
class LoadedEngineProgram implements LoadedProgram {
  readonly choice: LoadedProgram['choice'];
  readonly #program: EngineProgram;

  constructor({ hook, position = 0 }: FunctionProgram, program: EngineProgram) {
    this.choice = { hook, position };
    this.#program = program;
    program.measure();
  }

  get name(): string {
    return this.#program.name;
  }

  get id(): number {
    return this.#program.id;
  }

  /** Of a program that packets meet first, with those that follow. */
  runTime(): { readonly runs: number; readonly ns: number } {
    return this.#program.runTime;
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
  }
}

/** One instance in an engine of this process. */
export class EnginePlane implements InstancePlane {
  readonly cpus: number;
  readonly cpuNumbers: number;
  readonly maps: EngineMaps;
  readonly packetOut: PacketOut;
  places: InstancePlaces = { placements: [], ports: [], beginnings: [], arrays: {} };
  readonly #options: EnginePlaneOptions;
  readonly #owned = new DisposableStack();

  constructor(options: EnginePlaneOptions) {
    const { host, wiring, key } = options;
    this.#options = options;
    this.cpus = host.engine.cpus;
    this.cpuNumbers = this.cpus;
    this.maps = this.#owned.use(new EngineMaps(host.engine, [], host.graceMs));
    this.packetOut = new EnginePacketOut({ host, wiring, key, places: () => this.places });
  }

  portState(name: string): PortState {
    const port = this.places.ports.find((one) => one.name === name);
    return (port && this.#options.host.state(port.ifindex)) ?? GONE;
  }

  interfaceIndex(name: string): number {
    return this.#options.host.interfaceIndex(name);
  }

  onPortChange(changed: () => void): void {
    this.#owned.use(this.#options.host.onPortChange(changed));
  }

  refreshPorts(): void {
    // A table of an author's may be called that, too.
    if (this.maps.typeOf(PORTS) !== 'devmap') return;
    const [ports, links] = [this.maps.map(PORTS), this.maps.map(LINKS)];
    for (const [index, { ifindex }] of this.places.ports.entries()) {
      const state = this.#options.host.state(ifindex);
      links.update(indexKey(index), linkValue(ifindex, state));
      if (state?.up === true) ports.update(indexKey(index), indexKey(ifindex));
      else ports.delete(indexKey(index));
    }
  }

  /** What is in an engine ends with its process. */
  adopt(): boolean {
    const { before } = this.#options;
    if (before !== undefined) this.maps.adopt(before.maps);
    return before !== undefined;
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

  load(programs: readonly FunctionProgram[], staged: StagedMaps): readonly LoadedProgram[] {
    if (!(staged instanceof StagedEngineMaps)) throw new TypeError('these maps are not in the engine');
    const { host, functionName } = this.#options;
    using owned = new DisposableStack();
    const loaded = programs.map((made) => {
      const name = programName(functionName, made.direction === 'egress' ? 'out' : 'in');
      const program = host.engine.load({ ...made.compiled.spec, name }, { maps: this.#mapsFor(made, staged) });
      return owned.use(new LoadedEngineProgram(made, program));
    });
    owned.move();
    return loaded;
  }

  attach(programs: readonly LoadedProgram[]): void {
    const placed = programs.map(({ id, choice: { position } }) => {
      return { chain: this.#placement(position).chain, position, id };
    });
    this.#options.wiring.place(placed);
  }

  discardEvents(): number {
    return this.#ring(() => {}).drain();
  }

  listen(handler: EventHandler, drained: () => void): Disposable {
    using owned = new DisposableStack();
    const reader = owned.use(new RecordReader(this.#ring(handler), drained));
    owned.use(this.#options.host.watch(this.maps.map(EVENTS), () => reader.wake()));
    return owned.move();
  }

  watch(fd: Fd, onEvent: () => void): Disposable {
    const poll = pollFd(fd, onEvent);
    poll.unref();
    return poll;
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }

  #ring(handler: EventHandler) {
    return this.#options.host.engine.ringBuffer(this.maps.map(EVENTS), handler);
  }

  #mapsFor({ position = 0 }: FunctionProgram, staged: StagedEngineMaps): Readonly<Record<string, EngineMap>> {
    const { wiring } = this.#options;
    return { ...staged.byName, [PATH]: wiring.path(this.#placement(position).hook), [TRIPS]: wiring.trips };
  }

  #placement(position: number): Placement {
    const found = this.places.placements.find((one) => one.position === position);
    if (found === undefined) throw new RangeError(`the function has no place ${position}`);
    return found;
  }
}
