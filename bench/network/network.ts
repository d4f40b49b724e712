// A client, what stands between, and two web servers behind it: namespaces that scenarios share. Each contender has a network of its own,
// so that turns change from one to the next without anything being taken down.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';

/** Where clients ask. */
export const SERVICE = '192.0.2.80';
export const SERVERS = ['10.2.1.2', '10.2.2.2'] as const;
/** Interfaces of the host in the middle: to the client, and to each server. */
export const CLIENTS = 'clients';
export const LANS = ['lan1', 'lan2'] as const;
export const CLIENT = '10.1.0.2';
/** The client's second address; a firewall refuses it. */
export const REFUSED = '198.18.0.1';
export const LARGE = 10_000_000;

export class Network implements AsyncDisposable {
  readonly client: Host;
  readonly middle: Host;
  readonly servers: readonly Host[];
  /** For files that end with the network. */
  readonly folder: string;
  readonly #lab: Lab;

  private constructor(lab: Lab, client: Host, middle: Host, servers: readonly Host[]) {
    this.#lab = lab;
    this.client = client;
    this.middle = middle;
    this.servers = servers;
    this.folder = lab.folder;
  }

  static async open(name: string): Promise<Network> {
    await using stack = new AsyncDisposableStack();
    const lab = stack.use(createLab(`tp-bench-${name}`));
    const [client, middle] = [lab.host('client'), lab.host('middle')];
    lab.link(client, 'eth0', middle, CLIENTS, {
      addresses: [[`${CLIENT}/24`], ['10.1.0.1/24']],
      knownNeighbours: true,
    });
    await client.exec('ip', ['address', 'add', `${REFUSED}/32`, 'dev', 'eth0']);
    client.route('default', '10.1.0.1');
    middle.route(`${REFUSED}/32`, CLIENT);
    middle.forwarding();
    const servers: Host[] = [];
    for (const [index, address] of SERVERS.entries()) {
      const server = lab.host(`server${index + 1}`);
      const gateway = address.replace(/2$/, '1');
      lab.link(server, 'eth0', middle, LANS[index] ?? '', {
        addresses: [[`${address}/24`], [`${gateway}/24`]],
        knownNeighbours: true,
      });
      server.route('default', gateway);
      servers.push(server);
    }
    // A client has more ports than connections that wait for their end.
    for (const host of [client, middle]) host.sysctl('net.ipv4.ip_local_port_range', '1024 65535');
    middle.sysctl('net.ipv4.tcp_tw_reuse', 1);
    for (const server of servers) await serve(server, lab.folder);
    stack.move();
    return new Network(lab, client, middle, servers);
  }

  /** The sum of a counter of /proc/net/snmp or /proc/net/netstat over the hosts at both ends. */
  async counted(group: string, counter: string): Promise<number> {
    const counts = await Promise.all([this.client, ...this.servers].map((host) => countOf(host, group, counter)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lab[Symbol.asyncDispose]();
  }
}

async function countOf(host: Host, group: string, counter: string): Promise<number> {
  const { stdout } = await host.exec('cat', ['/proc/net/snmp', '/proc/net/netstat']);
  const [names = [], values = []] = stdout
    .split('\n')
    .filter((line) => line.startsWith(`${group}: `))
    .map((line) => line.split(' '));
  const index = names.indexOf(counter);
  if (index < 0) throw new Error(`${host.name} counts no ${group} ${counter}`);
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
