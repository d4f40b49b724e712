// A client, what stands between, and two web servers behind it: namespaces that scenarios share. Each contender has a network of its own,
// so that turns change from one to the next without anything being taken down.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inNamespace } from '@twinpath/linux';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';

/** Where clients ask. */
export const SERVICE = '192.0.2.80';
export const SERVERS = ['10.2.1.2', '10.2.2.2'] as const;
/** Interfaces of the host in the middle: to the client, and to each server. */
export const CLIENTS = 'clients';
export const LANS = ['lan1', 'lan2'] as const;
/** From the host in front to the middle. */
export const INNER = 'inner';
export const CLIENT = '10.1.0.2';
const GATEWAY = '10.1.0.1';
/** Servers where all hosts are on one link. */
const BESIDE = ['10.1.0.11', '10.1.0.12'] as const;
/** The client's second address; a firewall refuses it. */
export const REFUSED = '198.18.0.1';
export const LARGE = 10_000_000;

/** `inline`: the host in the middle has a link to the client and one to each server. `split`: a host more, on the link to the client,
 *  which has no address. `one-armed`: all have one link, to a bridge; answers come to the middle because servers know the client by
 *  its address there. */
export type Layout = 'inline' | 'split' | 'one-armed';

interface Hosts {
  readonly client: Host;
  readonly middle: Host;
  readonly servers: readonly Host[];
  readonly outer?: Host;
}

export class Network implements AsyncDisposable {
  readonly client: Host;
  readonly middle: Host;
  readonly servers: readonly Host[];
  /** In front of the middle, on its link to the client: of a `split` network. */
  readonly outer: Host | undefined;
  /** Of the servers, in their order. */
  readonly addresses: readonly string[];
  /** Interfaces of the host in the middle, besides the one to clients. */
  readonly lans: readonly string[];
  /** For files that end with the network. */
  readonly folder: string;
  readonly #lab: Lab;

  private constructor(lab: Lab, { client, middle, servers, outer }: Hosts, layout: Layout) {
    this.#lab = lab;
    this.client = client;
    this.middle = middle;
    this.servers = servers;
    this.outer = outer;
    this.addresses = layout === 'one-armed' ? BESIDE : SERVERS;
    this.lans = layout === 'one-armed' ? [] : LANS;
    this.folder = lab.folder;
  }

  static async open(name: string, layout: Layout = 'inline'): Promise<Network> {
    await using stack = new AsyncDisposableStack();
    const lab = stack.use(createLab(`tp-bench-${name}`));
    const hosts = layout === 'one-armed' ? await aroundBridge(lab) : inLine(lab, layout);
    const { client, middle, servers } = hosts;
    await client.exec('ip', ['address', 'add', `${REFUSED}/32`, 'dev', 'eth0']);
    client.route('default', GATEWAY);
    middle.route(`${REFUSED}/32`, CLIENT);
    middle.forwarding();
    // A client has more ports than connections that wait for their end.
    for (const host of [client, middle]) host.sysctl('net.ipv4.ip_local_port_range', '1024 65535');
    middle.sysctl('net.ipv4.tcp_tw_reuse', 1);
    for (const server of servers) await serve(server, lab.folder);
    stack.move();
    return new Network(lab, hosts, layout);
  }

  /** Where the middle reaches an end: 0 the client, then the servers. */
  linkTo(end: number): string {
    return end === 0 ? CLIENTS : (this.lans[end - 1] ?? CLIENTS);
  }

  /** The sum of a counter of /proc/net/snmp or /proc/net/netstat over the hosts at both ends. */
  counted(group: string, counter: string): number {
    return [this.client, ...this.servers].reduce((sum, host) => sum + countOf(host, group, counter), 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lab[Symbol.asyncDispose]();
  }
}

function inLine(lab: Lab, layout: Layout): Hosts {
  const [client, middle] = [lab.host('client'), lab.host('middle')];
  const outer = layout === 'split' ? lab.host('outer') : undefined;
  const to = [`${GATEWAY}/24`];
  if (outer === undefined) {
    lab.link(client, 'eth0', middle, CLIENTS, { addresses: [[`${CLIENT}/24`], to], knownNeighbours: true });
  } else {
    lab.link(client, 'eth0', outer, CLIENTS, { addresses: [[`${CLIENT}/24`], []] });
    lab.link(outer, INNER, middle, CLIENTS, { addresses: [[], to] });
    client.neighbour('eth0', GATEWAY, middle.mac(CLIENTS));
    middle.neighbour(CLIENTS, CLIENT, client.mac('eth0'));
  }
  const servers = SERVERS.map((address, index) => {
    const server = lab.host(`server${index + 1}`);
    const gateway = address.replace(/2$/, '1');
    lab.link(server, 'eth0', middle, LANS[index] ?? '', {
      addresses: [[`${address}/24`], [`${gateway}/24`]],
      knownNeighbours: true,
    });
    server.route('default', gateway);
    return server;
  });
  return { client, middle, servers, ...(outer !== undefined && { outer }) };
}

async function aroundBridge(lab: Lab): Promise<Hosts> {
  const bridge = lab.host('bridge');
  await bridge.exec('ip', ['link', 'add', 'br0', 'up', 'type', 'bridge']);
  bridge.sysctl('net.bridge.bridge-nf-call-iptables', 0);
  const join = async (name: string, link: string, address: string) => {
    const host = lab.host(name);
    lab.link(host, link, bridge, name, { addresses: [[`${address}/24`], []] });
    await bridge.exec('ip', ['link', 'set', name, 'master', 'br0']);
    return host;
  };
  const client = await join('client', 'eth0', CLIENT);
  const middle = await join('middle', CLIENTS, GATEWAY);
  for (const scope of ['all', CLIENTS]) middle.sysctl(`net.ipv4.conf.${scope}.send_redirects`, 0);
  client.neighbour('eth0', GATEWAY, middle.mac(CLIENTS));
  middle.neighbour(CLIENTS, CLIENT, client.mac('eth0'));
  const servers: Host[] = [];
  for (const [index, address] of BESIDE.entries()) {
    const server = await join(`server${index + 1}`, 'eth0', address);
    for (const other of [GATEWAY, CLIENT]) server.neighbour('eth0', other, middle.mac(CLIENTS));
    middle.neighbour(CLIENTS, address, server.mac('eth0'));
    server.route('default', GATEWAY);
    servers.push(server);
  }
  return { client, middle, servers };
}

function countOf({ name, namespace }: Host, group: string, counter: string): number {
  const text = inNamespace(namespace, () =>
    ['snmp', 'netstat'].map((file) => readFileSync(`/proc/thread-self/net/${file}`, 'latin1')).join(''),
  );
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith(`${group}: `))
    .map((line) => line.split(' '));
  const index = names.indexOf(counter);
  if (index < 0) throw new Error(`${name} counts no ${group} ${counter}`);
  return Number(values[index]);
}

/** Empty answers at `/`, the server's name at `/who`, and a large file. */
async function serve(server: Host, labFolder: string): Promise<void> {
  const base = join(labFolder, server.name);
  const file = `${base}.nginx`;
  writeFileSync(`${base}.large`, Buffer.alloc(LARGE, 'The quick brown fox jumps over the lazy dog\n'));
  const text = [
    'daemon off; user root; worker_processes 1; error_log stderr crit;',
    `pid ${base}.pid;`,
    'events { worker_connections 2048; }',
    `http { access_log off; sendfile on; keepalive_requests 1000000000; client_body_temp_path ${base}-body;`,
    ...['proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${base}-${kind};`),
    'server { listen 80 backlog=2048; location = / { return 200; }',
    `location = /who { return 200 ${server.name}; }`,
    `location = /large { alias ${base}.large; } } }`,
  ];
  writeFileSync(file, text.join('\n'));
  server.spawn('/usr/sbin/nginx', ['-p', labFolder, '-e', 'stderr', '-c', file]);
  const deadline = performance.now() + 10_000;
  while ((await server.exec('ss', ['-Hltn', 'sport = :80'])).stdout === '') {
    if (performance.now() > deadline) throw new Error(`nginx of ${server.name} does not listen`);
    await delay(20);
  }
}
