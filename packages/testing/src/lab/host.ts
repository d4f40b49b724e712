import { isIPv6 } from 'node:net';
import {
  addNeighbour,
  addRoute,
  createNamespace,
  getLink,
  inNamespace,
  Netlink,
  type Offload,
  setLink,
  setOffload,
  writeSysctl,
} from '@twinpath/linux';
import { AGENT_FILE, Agent } from './agent.ts';
import type { AgentReply, AgentRequest, Answer, Fetched } from './agent-protocol.ts';
import { Capture, type CaptureOptions } from './capture.ts';
import { type ExecOptions, type Executed, run } from './exec.ts';
import { type HttpServer, type HttpServerOptions, startHttp } from './http-server.ts';
import { LabProcess, type SpawnOptions } from './process.ts';

/** What a host needs of its lab. */
export interface LabParts {
  /** For files that end with the lab. */
  readonly folder: string;
  started(process: LabProcess): void;
}

export interface RequestOptions {
  /** The address to send from; default the kernel's choice. */
  readonly source?: string;
  readonly sourcePort?: number;
  /** Milliseconds until the result is the error `timeout`; default 2000. */
  readonly timeout?: number;
}

/** A network namespace with what runs in it. */
export class Host {
  readonly name: string;
  /** As `ip netns` lists it. */
  readonly namespace: string;
  /** A socket in the namespace, for what has no method here. */
  readonly netlink: Netlink;
  readonly #lab: LabParts;
  #agent: Agent | undefined;

  constructor(name: string, namespace: string, lab: LabParts) {
    this.name = name;
    this.namespace = namespace;
    this.#lab = lab;
    createNamespace(namespace);
    this.netlink = new Netlink(namespace);
    // Duplicate address detection and router solicitations would keep addresses unusable for a second and send what no test
    // asked for.
    for (const scope of ['all', 'default']) {
      this.sysctl(`net.ipv6.conf.${scope}.accept_dad`, 0);
      this.sysctl(`net.ipv6.conf.${scope}.accept_ra`, 0);
      this.sysctl(`net.ipv6.conf.${scope}.router_solicitations`, 0);
    }
    setLink(this.netlink, 'lo', { up: true });
  }

  /** Sets a kernel setting such as `net.ipv4.ip_forward` in this namespace. */
  sysctl(name: string, value: string | number): void {
    writeSysctl(name, value, this.namespace);
  }

  /** Makes the host a router for IPv4 and IPv6. */
  forwarding(): void {
    this.sysctl('net.ipv4.ip_forward', 1);
    this.sysctl('net.ipv6.conf.all.forwarding', 1);
  }

  /** `default`, or a prefix, by way of a gateway. */
  route(destination: string, gateway: string): void {
    addRoute(this.netlink, { destination, gateway });
  }

  neighbour(link: string, address: string, mac: string): void {
    addNeighbour(this.netlink, link, address, mac);
  }

  mac(link: string): string {
    return getLink(this.netlink, link).mac;
  }

  ifindex(link: string): number {
    return getLink(this.netlink, link).ifindex;
  }

  /** A veth leaves checksums to its peer, who is not a wire, unless `tx-checksum` is off. */
  offload(link: string, offload: Offload, on: boolean): void {
    inNamespace(this.namespace, () => setOffload(link, offload, on));
  }

  /** Runs a command to its end. @throws ExecutionError when its status is not 0, unless it may fail. */
  exec(command: string, operands: readonly string[] = [], options: ExecOptions = {}): Promise<Executed> {
    return run(this.spawn(command, operands, options), options);
  }

  /** Starts a command, which ends with the lab at the latest. */
  spawn(command: string, operands: readonly string[] = [], options: SpawnOptions = {}): LabProcess {
    const started = new LabProcess(this.namespace, command, operands, options);
    this.#lab.started(started);
    return started;
  }

  /** Serves a body at every path, on every address of the host: nginx where there is one, else Node. */
  async http(options: HttpServerOptions): Promise<HttpServer> {
    return startHttp(this, this.#lab.folder, options);
  }

  /** Answers with what it is sent. */
  async echo(ports: { readonly tcp?: number; readonly udp?: number }): Promise<void> {
    succeeded(await this.ask({ kind: 'serve echo', tcp: ports.tcp, udp: ports.udp }), `an echo server on ${this.name}`);
  }

  /** An HTTP request over a connection of its own. That it fails is a result. */
  async fetch(url: string, options: RequestOptions = {}): Promise<Fetched> {
    const { source, sourcePort, timeout = 2000 } = options;
    const reply = await this.ask({ kind: 'fetch', url, source, sourcePort, timeout });
    return reply.ok ? { ok: true, status: reply.status ?? 0, body: Buffer.from(reply.bytes ?? []) } : reply;
  }

  /** Connects, sends, and waits for as many bytes. */
  tcp(address: string, port: number, data: string | Uint8Array, options: RequestOptions = {}): Promise<Answer> {
    return this.#send('tcp', { address, port, data, options });
  }

  /** Sends a datagram, and waits for one. */
  udp(address: string, port: number, data: string | Uint8Array, options: RequestOptions = {}): Promise<Answer> {
    return this.#send('udp', { address, port, data, options });
  }

  /** Records what passes an interface, from now on. */
  capture(link: string, options: CaptureOptions = {}): Promise<Capture> {
    return Capture.start(this, link, options);
  }

  /** Has the helper process in the namespace do something. */
  ask(request: AgentRequest): Promise<AgentReply> {
    this.#agent ??= new Agent(this.spawn(process.execPath, [AGENT_FILE], { channel: true }));
    return this.#agent.ask(request);
  }

  close(): void {
    this.netlink[Symbol.dispose]();
  }

  async #send(
    kind: 'tcp' | 'udp',
    what: { address: string; port: number; data: string | Uint8Array; options: RequestOptions },
  ): Promise<Answer> {
    const { address, port, data, options } = what;
    const { source, sourcePort, timeout = 2000 } = options;
    const reply = await this.ask({ kind, address, port, data: Buffer.from(data), source, sourcePort, timeout });
    return reply.ok ? { ok: true, data: Buffer.from(reply.bytes ?? []) } : reply;
  }
}

/** @throws Error that says what could not be done. */
export function succeeded(reply: AgentReply, what: string): void {
  if (!reply.ok) throw new Error(`${what} could not be started: ${reply.error}`);
}

/** As an URL has it. */
export const urlHost = (address: string): string => (isIPv6(address) ? `[${address}]` : address);
