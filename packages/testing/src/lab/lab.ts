// A network of namespaces for tests and demonstrations. Everything in it is named after its prefix and this process, so that
// labs of parallel runs do not meet, and goes away with it: in order when disposed, at once when the process ends.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAddress, createVeth, deleteNamespace, listNamespaces, Netlink, setLink } from '@twinpath/linux';
import { Host } from './host.ts';
import { type LabProcess, runningSessions } from './process.ts';
import { endWith } from './process-end.ts';

export interface LinkOptions {
  /** Of the first end and of the second, such as `['10.0.0.1/24', 'fd00::1/64']`. */
  readonly addresses?: readonly [readonly string[], readonly string[]];
  /** Bytes of layer 3; default 1500. */
  readonly mtu?: number;
  /** Receive and transmit queues of both ends; default 1, which is one CPU for an XDP program. */
  readonly queues?: number;
  /** Each end knows the other's MAC address from the start: no ARP, no neighbour discovery. Default false. */
  readonly knownNeighbours?: boolean;
}

/** @example
 * await using lab = createLab('tp-ping');
 * const [a, b] = [lab.host('a'), lab.host('b')];
 * lab.link(a, 'eth0', b, 'eth0', { addresses: [['10.0.0.1/24'], ['10.0.0.2/24']] });
 * await a.exec('ping', ['-c', '1', '10.0.0.2']);
 *
 * @throws RangeError for a prefix that is no part of a namespace's name. Needs CAP_SYS_ADMIN and CAP_NET_ADMIN. */
export function createLab(prefix: string): Lab {
  if (!/^[a-z0-9-]{1,40}$/.test(prefix)) {
    throw new RangeError(`"${prefix}" is no prefix for a lab: use up to 40 lower-case letters, digits and "-"`);
  }
  return new Lab(prefix);
}

export class Lab {
  /** The start of the names of all namespaces. */
  readonly name: string;
  /** For files that end with the lab. */
  readonly folder: string;
  readonly #hosts = new Map<string, Host>();
  readonly #netlink = new Netlink();
  readonly #processes: LabProcess[] = [];
  readonly #stopWatching: () => void;
  #disposed: Promise<void> | undefined;

  constructor(prefix: string) {
    this.name = `${prefix}-${process.pid}`;
    this.folder = mkdtempSync(join(tmpdir(), `${this.name}-`));
    this.#stopWatching = endWith(() => this.#endNow());
  }

  /** A host of this name: a network namespace with only loopback in it, up. */
  host(name: string): Host {
    const known = this.#hosts.get(name);
    if (known !== undefined) throw new Error(`lab ${this.name} has a host "${name}" already`);
    const host = new Host(name, `${this.name}-${name}`, {
      folder: this.folder,
      started: (started) => this.#processes.push(started),
    });
    this.#hosts.set(name, host);
    return host;
  }

  /** Wires two hosts with a pair of veth interfaces, up, with IPv6 link-local addresses. */
  link(a: Host, aInterface: string, b: Host, bInterface: string, options: LinkOptions = {}): void {
    const { addresses = [[], []], mtu = 1500, queues = 1 } = options;
    const end = (host: Host, name: string) => ({ name, mtu, queues, namespace: host.namespace });
    createVeth(this.#netlink, { ...end(a, aInterface), peer: end(b, bInterface) });
    const ends = [
      { host: a, name: aInterface, own: addresses[0], peer: b.mac(bInterface), others: addresses[1] },
      { host: b, name: bInterface, own: addresses[1], peer: a.mac(aInterface), others: addresses[0] },
    ];
    for (const { host, name, own, peer, others } of ends) {
      setLink(host.netlink, name, { up: true });
      for (const address of own) addAddress(host.netlink, name, address);
      if (!options.knownNeighbours) continue;
      for (const other of others) host.neighbour(name, other.replace(/\/.*/, ''), peer);
    }
  }

  /** What of the lab still exists: namespaces, processes, files. Empty once the lab is disposed. */
  leftovers(): readonly string[] {
    return [
      ...listNamespaces()
        .filter((name) => name.startsWith(`${this.name}-`))
        .map((name) => `namespace ${name}`),
      ...this.#processes.flatMap((started) => started.survivors().map((pid) => `process ${pid}, ${started.title}`)),
      ...(existsSync(this.folder) ? [`folder ${this.folder}`] : []),
    ];
  }

  /** Ends processes, the youngest first, then removes namespaces and files. Twice does no more than once. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    try {
      for (const started of this.#running().toReversed()) await started[Symbol.asyncDispose]();
    } finally {
      this.#endNow();
      this.#stopWatching();
    }
  }

  #endNow(): void {
    for (const started of this.#running()) started.kill();
    for (const host of [...this.#hosts.values()].toReversed()) host.close();
    for (const name of listNamespaces()) if (name.startsWith(`${this.name}-`)) deleteNamespace(name);
    this.#netlink[Symbol.dispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** By one look at all processes of the machine: a lab may have run a thousand commands that have ended. */
  #running(): readonly LabProcess[] {
    const sessions = runningSessions();
    return this.#processes.filter(({ pid }) => pid !== undefined && sessions.has(pid));
  }
}
