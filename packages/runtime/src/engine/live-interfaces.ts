import { createPort, type PortImage } from '@twinpath/engine/ports';
import { XdpInterface } from '@twinpath/engine/ports/live';
import type { EngineWorker } from '@twinpath/engine/workers';
import { getLink, type Link, Netlink, setLink, Tap } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import type { ChainSpec, PortSpec } from '@twinpath/vnf/chain';
import { ChainError } from '../chain/chain-error.ts';
import type { OpenPort } from '../chain/open-port.ts';
import { restoreSettings, type SettingRecord } from '../host/settings.ts';
import { prepareVethPeer } from '../kernel/veth-peer.ts';
import { chooseDevice, type DeviceChoice } from './choose-device.ts';
import type { EnginePorts } from './engine-ground.ts';
import { HostGate } from './host-gate.ts';
import { LiveSurroundings } from './live-surroundings.ts';
import type { HostedInterface, WorkerHost } from './worker-host.ts';

/** Ports of hosts have numbers behind those of interfaces. */
const HOSTS = 1 << 29;
const TAP_PREFIX = 'tp-';
/** Room in front of a frame, an Ethernet header and two VLAN tags. */
export const BESIDE_MTU = 256 + 22;

/** A port of a chain, and the way to its interface. */
export interface ChosenPort {
  readonly name: string;
  readonly spec: PortSpec;
  readonly choice: DeviceChoice;
}

/** @throws ChainError */
export const choosePorts = ({ name: chain, ports }: ChainSpec): readonly ChosenPort[] =>
  Object.entries(ports).map(([name, spec]) => ({ name, spec, choice: chooseDevice(chain, spec) }));

/** So many workers can share the ports: each needs a queue of every one. */
export const mostWorkers = (ports: readonly ChosenPort[]): number =>
  Math.min(...ports.map(({ choice }) => (choice.kind === 'xdp' ? choice.link.rxQueues : 1)));

export const mtuOf = ({ choice }: ChosenPort): number => choice.link?.mtu ?? 0;
export const tooLong = (frameBytes: number): string =>
  `packets of more than ${frameBytes - BESIDE_MTU} bytes are lost: the engine has no room for longer ones`;

export interface LiveInterfacesOptions {
  readonly chain: string;
  readonly host: WorkerHost;
  readonly log: Log;
  /** Of the workers' pools. */
  readonly frameBytes: number;
}

/** An interface that is open. */
interface Opened {
  readonly hosted: HostedInterface;
  /** How packets come and go, for people. */
  readonly told: string;
  /** What is disposed when no worker works on it. */
  readonly owned: DisposableStack;
}

/** Interfaces of a chain that the engine works on. */
export class LiveInterfaces implements EnginePorts, Disposable {
  readonly #options: LiveInterfacesOptions;
  /** While a chain changes, two of its ports may have one. */
  readonly #opened = new Map<OpenPort, Opened>();
  readonly #listeners: HostedInterface[] = [];
  readonly #owned = new DisposableStack();
  #surroundings: LiveSurroundings | undefined;

  constructor(options: LiveInterfacesOptions) {
    this.#options = options;
    this.#owned.defer(() => {
      for (const { owned } of this.#all) owned.dispose();
    });
  }

  /** How packets of each port come and go, for people. */
  get told(): readonly string[] {
    return this.#all.map(({ told }) => told);
  }

  get #all(): readonly Opened[] {
    return [...new Set(this.#opened.values())];
  }

  /** Opens the first ones, and interfaces where programs listen. @throws ChainError, SyscallError */
  async begin(ports: readonly ChosenPort[], listeners: readonly string[]): Promise<ReadonlyMap<string, OpenPort>> {
    const opened = new Map(ports.map((port) => [port.name, this.#open(port)] as const));
    const [first] = ports;
    for (const name of listeners) this.#openListener(name, first?.spec.namespace);
    this.#surroundings = this.#owned.use(this.#openSurroundings());
    await this.#work();
    return opened;
  }

  async openPorts(
    spec: ChainSpec,
    before: ReadonlyMap<string, OpenPort>,
    undo: AsyncDisposableStack,
  ): Promise<ReadonlyMap<string, OpenPort>> {
    const stay = Object.entries(spec.ports).flatMap(([name, wanted]) => {
      const port = before.get(name);
      return port === undefined ? [] : ([[name, this.#again(port, wanted)]] as const);
    });
    const kept = new Map(stay.flatMap(([name, port]) => (port === undefined ? [] : [[name, port] as const])));
    undo.defer(() => this.closeOthers(before));
    const wanted = Object.entries(spec.ports).filter(([name]) => !kept.has(name));
    if (wanted.length === 0) return kept;
    const fresh = choosePorts({ ...spec, ports: Object.fromEntries(wanted) });
    this.#check(fresh, before);
    const opened = fresh.map((port) => [port.name, this.#open(port)] as const);
    await this.#work();
    return new Map([...kept, ...opened]);
  }

  /** First nobody works on them, then they are closed, and then workers have their frames back. */
  async closeOthers(ports: ReadonlyMap<string, OpenPort>): Promise<void> {
    const all = this.#all;
    const stay = new Set(ports.values());
    for (const port of [...this.#opened.keys()]) if (!stay.has(port)) this.#opened.delete(port);
    const gone = all.filter((one) => !this.#all.includes(one));
    if (gone.length === 0) return;
    await this.#work();
    for (const { owned } of gone) owned.dispose();
    await this.#options.host.reclaim(gone.map(({ hosted }) => hosted));
  }

  why(port: OpenPort): string {
    return this.#opened.get(port)?.told ?? '';
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }

  /** @throws ChainError for what the workers that there are cannot work on */
  #check(fresh: readonly ChosenPort[], before: ReadonlyMap<string, OpenPort>): void {
    const { chain, host, log, frameBytes } = this.#options;
    const most = mostWorkers(fresh);
    const refuse = (why: string, hint: string) =>
      new ChainError('TP_CHAIN_SPEC', chain, why, { hint, path: ['ports'] });
    if (host.workers.length > most) {
      const why = `its ${host.workers.length} workers cannot share a port with ${most} ${most === 1 ? 'queue' : 'queues'}`;
      throw refuse(why, 'stop the chain, and start it with these ports');
    }
    const taken = fresh.find(({ spec }) => [...before.values()].some(({ spec: has }) => isSameInterface(has, spec)));
    if (taken !== undefined) {
      const why = `port ${taken.name} cannot have ${taken.spec.interface} in another way while the chain runs`;
      throw refuse(why, 'stop the chain, and start it with these ports');
    }
    if (Math.max(...fresh.map(mtuOf)) + BESIDE_MTU > frameBytes) log.warn(tooLong(frameBytes));
  }

  /** The port, if its interface is as it has to be already. */
  #again(port: OpenPort, wanted: PortSpec): OpenPort | undefined {
    if (JSON.stringify(port.spec) === JSON.stringify(wanted)) return port;
    const opened = this.#opened.get(port);
    if (opened === undefined || !isSameInterface(port.spec, wanted) || port.spec.mode !== wanted.mode) return undefined;
    const again = openPort(wanted, port.ifindex);
    this.#opened.set(again, opened);
    return again;
  }

  /** Workers are told of what there is. */
  async #work(): Promise<void> {
    const surroundings = this.#surroundings;
    if (surroundings === undefined) throw new Error('nothing is open yet');
    await this.#options.host.open([...this.#all.map(({ hosted }) => hosted), ...this.#listeners], surroundings);
  }

  #openSurroundings(): LiveSurroundings {
    const { host, log, chain } = this.#options;
    const namespaces = () => new Map([...this.#opened.keys()].map((one) => [one.ifindex, one.spec.namespace] as const));
    const networkChanged = () => {
      if (host.workers.some(({ failure }) => failure !== undefined)) return;
      host.refreshNetwork().catch((error: unknown) => log.warn(`routes of ${chain} cannot be read: ${String(error)}`));
    };
    return new LiveSurroundings({ namespaces, networkChanged });
  }

  /** Where a program listens: packets leave by it. */
  #openListener(name: string, namespace: string | undefined): void {
    using netlink = new Netlink(namespace);
    const { ifindex } = getLink(netlink, name);
    if ([...this.#opened.keys()].some((one) => one.ifindex === ifindex)) return;
    const { host } = this.#options;
    // Each worker sends there; what comes from there is nobody's.
    const device = { kind: 'packet', link: name, namespace } as const;
    const ports = host.workers.map((worker) => [framePort(host, worker, ifindex, device)]);
    this.#listeners.push({ ifindex, ports, hosts: [], takeOutward() {} });
  }

  #open({ name, spec, choice }: ChosenPort): OpenPort {
    using owned = new DisposableStack();
    const [hosted, how] = this.#openDevice(spec, choice, owned);
    const port = openPort(spec, hosted.ifindex);
    this.#opened.set(port, { hosted, told: `${name}: ${how}`, owned: owned.move() });
    return port;
  }

  #openDevice(spec: PortSpec, choice: DeviceChoice, owned: DisposableStack): readonly [HostedInterface, string] {
    if (choice.kind === 'tap') return this.#openTap(spec, choice, owned);
    if (choice.kind === 'xdp') return this.#openXdp(spec, choice.link, owned);
    const { interface: link, namespace } = spec;
    const { why } = choice;
    this.#options.log.warn(
      `${link}: the host sees what arrives as well, and what it sends passes the chain by (${why})`,
    );
    const hosted = this.#forOneWorker(choice.link.ifindex, { kind: 'packet', link, namespace });
    return [hosted, `a packet socket (${why})`];
  }

  #openXdp(
    { interface: name, namespace, mode = 'native' }: PortSpec,
    link: Link,
    owned: DisposableStack,
  ): readonly [HostedInterface, string] {
    const { ifindex, rxQueues } = link;
    if (link.kind === 'veth') this.#prepare(link, namespace, owned);
    const { host, log } = this.#options;
    const { engine, workers } = host;
    const turn = (index: number) => index % workers.length;
    const queues = Array.from({ length: rxQueues }, (_, index) => workers[turn(index)]?.takeSlot() ?? unreachable());
    const place = namespace === undefined ? {} : { namespace };
    const opened = owned.use(new XdpInterface(engine, { link: name, ...place, queues, attach: mode }));
    const tap = `${TAP_PREFIX}${ifindex}`;
    const gate = owned.use(new HostGate({ ifindex, tap, namespace, queues: workers.length }));
    const hosts = workers.map((worker, index) => {
      const fd = gate.taps[index]?.fd.number ?? unreachable();
      return framePort(host, worker, HOSTS + ifindex, { kind: 'tap', name: tap, namespace, fd });
    });
    const ports = workers.map((_, worker) => opened.ports.filter((_port, queue) => turn(queue) === worker));
    if (!HostGate.canTakeOutward) {
      log.warn(`${name}: this kernel has no tcx (since 6.6): what the host sends passes the chain by`);
    }
    const copies = opened.zeroCopy ? 'without copies' : 'by copies';
    const told = `AF_XDP, ${copies}, ${rxQueues === 1 ? '1 queue' : `${rxQueues} queues`}; its host by ${tap}`;
    return [{ ifindex, ports, hosts, takeOutward: (taken) => gate.takeOutward(taken) }, told];
  }

  #prepare(link: Link, namespace: string | undefined, owned: DisposableStack): void {
    const settings: SettingRecord[] = [];
    owned.defer(() => restoreSettings(settings));
    using netlink = new Netlink(namespace);
    const onSetting = (setting: SettingRecord) => settings.push(setting);
    prepareVethPeer({ link, namespace, netlink, receives: true, log: this.#options.log, onSetting });
  }

  #openTap(
    { interface: name, namespace }: PortSpec,
    { link, why }: DeviceChoice,
    owned: DisposableStack,
  ): readonly [HostedInterface, string] {
    const place = namespace === undefined ? {} : { namespace };
    const tap = owned.use(new Tap({ name, ...place }));
    using netlink = new Netlink(namespace);
    if (link === undefined) setLink(netlink, name, { up: true });
    const { ifindex } = getLink(netlink, name);
    const hosted = this.#forOneWorker(ifindex, { kind: 'tap', name, namespace, fd: tap.fd.number });
    return [hosted, `a TAP interface (${why})`];
  }

  #forOneWorker(ifindex: number, device: FrameDeviceImage): HostedInterface {
    const { host } = this.#options;
    const [worker, ...others] = host.workers;
    if (worker === undefined || others.length > 0) throw new RangeError('what has no queues is for one worker');
    return { ifindex, ports: [[framePort(host, worker, ifindex, device)]], hosts: [], takeOutward() {} };
  }
}

type FrameDeviceImage = Extract<PortImage['device'], { kind: 'packet' | 'tap' }>;

function framePort({ engine }: WorkerHost, worker: EngineWorker, number: number, device: FrameDeviceImage): PortImage {
  const name = device.kind === 'tap' ? device.name : device.link;
  return createPort(engine, { number, name, slot: worker.takeSlot().slot, device });
}

const openPort = (spec: PortSpec, ifindex: number): OpenPort => {
  return { spec, ifindex, hook: spec.hook === 'tcx' ? 'tcx' : 'xdp', mode: spec.mode ?? 'native' };
};

const isSameInterface = (a: PortSpec, b: PortSpec): boolean =>
  a.interface === b.interface && a.namespace === b.namespace;

function unreachable(): never {
  throw new Error('each queue has a worker');
}
