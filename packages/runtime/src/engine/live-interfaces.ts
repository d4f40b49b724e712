// Interfaces of this machine as ports of an engine.

import { createPort, type PortImage } from '@twinpath/engine/ports';
import { XdpInterface } from '@twinpath/engine/ports/live';
import { getLink, isSyscallError, type Link, Netlink, setLink, Tap } from '@twinpath/linux';
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
  open({ name: chain, ports }: ChainSpec): void {
    for (const [name, spec] of Object.entries(ports)) this.#open(chain, name, spec);
  }

  /** Where a program listens: packets leave by it. */
  openListener(name: string, namespace: string | undefined): void {
    using netlink = new Netlink(namespace);
    const { ifindex } = getLink(netlink, name);
    if (this.hosted.some((one) => one.ifindex === ifindex)) return;
    this.#add(ifindex, [this.#framePort(ifindex, { kind: 'packet', link: name, namespace })]);
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }

  #open(chain: string, name: string, spec: PortSpec): void {
    const choice = chooseDevice(chain, spec);
    const hook = spec.hook === 'tcx' ? 'tcx' : 'xdp';
    const ifindex = choice.kind === 'tap' ? this.#openTap(spec, choice) : this.#openLink(spec, choice);
    this.ports.set(name, { spec, ifindex, hook, mode: spec.mode ?? 'native' });
  }

  #openLink(spec: PortSpec, { kind, link, why }: Exclude<DeviceChoice, { kind: 'tap' }>): number {
    if (kind === 'packet' || !this.#openXdp(spec, link)) {
      const { interface: name, namespace } = spec;
      const reason = kind === 'packet' ? why : 'its driver has no native XDP';
      this.#add(link.ifindex, [this.#framePort(link.ifindex, { kind: 'packet', link: name, namespace })]);
      this.told.push(`${name}: a packet socket (${reason})`);
      this.#log.warn(`${name}: the host sees what arrives as well, and what it sends passes the chain by (${reason})`);
    }
    return link.ifindex;
  }

  /** `false`: the driver cannot. */
  #openXdp({ interface: name, namespace, mode = 'native' }: PortSpec, link: Link): boolean {
    const { ifindex, rxQueues } = link;
    if (link.kind === 'veth') this.#prepare(link, namespace);
    const queues = Array.from({ length: rxQueues }, () => this.#host.worker.takeSlot());
    const place = namespace === undefined ? {} : { namespace };
    let opened: XdpInterface;
    try {
      opened = new XdpInterface(this.#host.engine, { link: name, ...place, queues, attach: mode });
    } catch (error) {
      if (mode !== 'native' || !isSyscallError(error, 'EOPNOTSUPP', 'ERANGE')) throw error;
      return false;
    }
    this.#owned.use(opened);
    const tap = `${TAP_PREFIX}${ifindex}`;
    const gate = this.#owned.use(new HostGate({ ifindex, tap, namespace }));
    const host = this.#framePort(HOSTS + ifindex, { kind: 'tap', name: tap, namespace, fd: gate.tap.fd.number });
    this.#add(ifindex, opened.ports, host, gate);
    const copies = opened.zeroCopy ? 'without copies' : 'by copies';
    this.told.push(
      `${name}: AF_XDP, ${copies}, ${rxQueues === 1 ? '1 queue' : `${rxQueues} queues`}; its host by ${tap}`,
    );
    return true;
  }

  #prepare(link: Link, namespace: string | undefined): void {
    using netlink = new Netlink(namespace);
    const onSetting = (setting: SettingRecord) => this.#settings.push(setting);
    prepareVethPeer({ link, namespace, netlink, log: this.#log, onSetting });
  }

  #openTap({ interface: name, namespace }: PortSpec, { link, why }: DeviceChoice): number {
    const place = namespace === undefined ? {} : { namespace };
    const tap = this.#owned.use(new Tap({ name, ...place }));
    using netlink = new Netlink(namespace);
    if (link === undefined) setLink(netlink, name, { up: true });
    const { ifindex } = getLink(netlink, name);
    this.#add(ifindex, [this.#framePort(ifindex, { kind: 'tap', name, namespace, fd: tap.fd.number })]);
    this.told.push(`${name}: a TAP interface (${why})`);
    return ifindex;
  }

  #add(ifindex: number, ports: readonly PortImage[], host?: PortImage, gate?: HostGate): void {
    this.hosted.push({ ifindex, ports, host, takeOutward: (taken) => gate?.takeOutward(taken) });
  }

  #framePort(number: number, device: Extract<PortImage['device'], { kind: 'packet' | 'tap' }>): PortImage {
    const { slot } = this.#host.worker.takeSlot();
    const name = device.kind === 'tap' ? device.name : device.link;
    return createPort(this.#host.engine, { number, name, slot, device });
  }
}
