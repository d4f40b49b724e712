// Interfaces of this machine as ports of an engine.

import { createPort, type PortImage } from '@twinpath/engine/ports';
import { XdpInterface } from '@twinpath/engine/ports/live';
import type { EngineWorker } from '@twinpath/engine/workers';
import { getLink, type Link, Netlink, setLink, Tap } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import type { ChainSpec, PortSpec } from '@twinpath/vnf/chain';
import type { OpenPort } from '../chain/open-port.ts';
import { restoreSettings, type SettingRecord } from '../host/settings.ts';
import { prepareVethPeer } from '../kernel/veth-peer.ts';
import { chooseDevice, type DeviceChoice } from './choose-device.ts';
import { HostGate } from './host-gate.ts';
import type { HostedInterface, WorkerHost } from './worker-host.ts';

/** Ports of hosts have numbers behind those of interfaces. */
const HOSTS = 1 << 29;
const TAP_PREFIX = 'tp-';

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

/** Those of a chain. */
export class LiveInterfaces implements Disposable {
  /** By name of the chain's port. */
  readonly ports = new Map<string, OpenPort>();
  readonly hosted: HostedInterface[] = [];
  /** How packets come and go, for people. */
  readonly told: string[] = [];
  readonly #host: WorkerHost;
  readonly #log: Log;
  readonly #settings: SettingRecord[] = [];
  readonly #owned = new DisposableStack();

  constructor(host: WorkerHost, log: Log) {
    this.#host = host;
    this.#log = log;
    this.#owned.defer(() => restoreSettings(this.#settings));
  }

  /** @throws ChainError, SyscallError */
  open(ports: readonly ChosenPort[]): void {
    for (const port of ports) this.#open(port);
  }

  /** Where a program listens: packets leave by it. */
  openListener(name: string, namespace: string | undefined): void {
    using netlink = new Netlink(namespace);
    const { ifindex } = getLink(netlink, name);
    if (this.hosted.some((one) => one.ifindex === ifindex)) return;
    // Each worker sends there; what comes from there is nobody's.
    const device = { kind: 'packet', link: name, namespace } as const;
    this.#add(
      ifindex,
      this.#host.workers.map((worker) => [framePort(this.#host, worker, ifindex, device)]),
    );
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }

  #open({ name, spec, choice }: ChosenPort): void {
    const hook = spec.hook === 'tcx' ? 'tcx' : 'xdp';
    const ifindex = choice.kind === 'tap' ? this.#openTap(spec, choice) : this.#openLink(spec, choice);
    this.ports.set(name, { spec, ifindex, hook, mode: spec.mode ?? 'native' });
  }

  #openLink(spec: PortSpec, { kind, link, why }: Exclude<DeviceChoice, { kind: 'tap' }>): number {
    const { interface: name, namespace } = spec;
    if (kind === 'xdp') {
      this.#openXdp(spec, link);
    } else {
      this.#addFramePort(link.ifindex, { kind: 'packet', link: name, namespace });
      this.told.push(`${name}: a packet socket (${why})`);
      this.#log.warn(`${name}: the host sees what arrives as well, and what it sends passes the chain by (${why})`);
    }
    return link.ifindex;
  }

  #openXdp({ interface: name, namespace, mode = 'native' }: PortSpec, link: Link): void {
    const { ifindex, rxQueues } = link;
    if (link.kind === 'veth') this.#prepare(link, namespace);
    const { engine, workers } = this.#host;
    const turn = (index: number) => index % workers.length;
    const queues = Array.from({ length: rxQueues }, (_, index) => workers[turn(index)]?.takeSlot() ?? unreachable());
    const place = namespace === undefined ? {} : { namespace };
    const opened = this.#owned.use(new XdpInterface(engine, { link: name, ...place, queues, attach: mode }));
    const tap = `${TAP_PREFIX}${ifindex}`;
    const gate = this.#owned.use(new HostGate({ ifindex, tap, namespace, queues: workers.length }));
    const hosts = workers.map((worker, index) => {
      const fd = gate.taps[index]?.fd.number ?? unreachable();
      return framePort(this.#host, worker, HOSTS + ifindex, { kind: 'tap', name: tap, namespace, fd });
    });
    const ports = workers.map((_, worker) => opened.ports.filter((_port, queue) => turn(queue) === worker));
    this.#add(ifindex, ports, hosts, gate);
    if (!HostGate.canTakeOutward) {
      this.#log.warn(`${name}: this kernel has no tcx (since 6.6): what the host sends passes the chain by`);
    }
    const copies = opened.zeroCopy ? 'without copies' : 'by copies';
    this.told.push(
      `${name}: AF_XDP, ${copies}, ${rxQueues === 1 ? '1 queue' : `${rxQueues} queues`}; its host by ${tap}`,
    );
  }

  #prepare(link: Link, namespace: string | undefined): void {
    using netlink = new Netlink(namespace);
    const onSetting = (setting: SettingRecord) => this.#settings.push(setting);
    prepareVethPeer({ link, namespace, netlink, receives: true, log: this.#log, onSetting });
  }

  #openTap({ interface: name, namespace }: PortSpec, { link, why }: DeviceChoice): number {
    const place = namespace === undefined ? {} : { namespace };
    const tap = this.#owned.use(new Tap({ name, ...place }));
    using netlink = new Netlink(namespace);
    if (link === undefined) setLink(netlink, name, { up: true });
    const { ifindex } = getLink(netlink, name);
    this.#addFramePort(ifindex, { kind: 'tap', name, namespace, fd: tap.fd.number });
    this.told.push(`${name}: a TAP interface (${why})`);
    return ifindex;
  }

  /** Of the only worker. */
  #addFramePort(ifindex: number, device: FrameDeviceImage): void {
    const [worker, ...others] = this.#host.workers;
    if (worker === undefined || others.length > 0) throw new RangeError('what has no queues is for one worker');
    this.#add(ifindex, [[framePort(this.#host, worker, ifindex, device)]]);
  }

  #add(
    ifindex: number,
    ports: readonly (readonly PortImage[])[],
    hosts: readonly PortImage[] = [],
    gate?: HostGate,
  ): void {
    this.hosted.push({ ifindex, ports, hosts, takeOutward: (taken) => gate?.takeOutward(taken) });
  }
}

type FrameDeviceImage = Extract<PortImage['device'], { kind: 'packet' | 'tap' }>;

function framePort({ engine }: WorkerHost, worker: EngineWorker, number: number, device: FrameDeviceImage): PortImage {
  const name = device.kind === 'tap' ? device.name : device.link;
  return createPort(engine, { number, name, slot: worker.takeSlot().slot, device });
}

function unreachable(): never {
  throw new Error('each queue has a worker');
}
