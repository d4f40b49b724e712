// Clients whose load is paced, and a flood, in front of what is measured, which stands before a web server.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { assembleProgram, attachXdp, BpfProgram } from '@twinpath/ebpf';
import { getLink, inNamespace } from '@twinpath/linux';
import { createLab, type Host, type Lab, type LabProcess } from '@twinpath/testing/lab';
import { LineProcess } from '../wire/line-process.ts';

/** Where clients ask. */
export const SERVICE = '192.0.2.80';
export const SERVER = '10.2.0.2';
const CONNECTIONS = 64;
/** Where the flood goes: to what is measured, or to a program that drops everything. */
export type Flooded = 'wild' | 'void';
const BODY = 'served';
const FLOOD_SECONDS = 2;
/** Milliseconds until connections are there, and until the flood is. */
const SETTLE_MS = 500;

export interface Goodput {
  /** Requests answered each second. */
  readonly requests: number;
  /** Frames of the flood made, and of those the ones that came to the near end, each second. */
  readonly flood: number;
  readonly arrived: number;
  /** Connections that broke, and requests that were not answered or not well. */
  readonly failed: number;
}

export class Arena implements AsyncDisposable {
  readonly middle: Host;
  readonly server: Host;
  readonly folder: string;
  readonly #stack: AsyncDisposableStack;
  readonly #client: Host;
  readonly #flood: LineProcess;

  private constructor(
    stack: AsyncDisposableStack,
    lab: Lab,
    hosts: Readonly<Record<string, Host>>,
    flood: LineProcess,
  ) {
    const { client, middle, server } = hosts;
    if (client === undefined || middle === undefined || server === undefined) throw new Error('all hosts are there');
    this.#stack = stack;
    this.#client = client;
    this.#flood = flood;
    this.middle = middle;
    this.server = server;
    this.folder = lab.folder;
  }

  static async open(): Promise<Arena> {
    await using stack = new AsyncDisposableStack();
    const lab = stack.use(createLab('tp-bench-attack'));
    const [client, middle, server, wild] = ['client', 'middle', 'server', 'wild'].map((name) => lab.host(name));
    if (!client || !middle || !server || !wild) throw new Error('all hosts are there');
    const wire = (host: Host, near: string, net: string) =>
      lab.link(host, near === 'void' ? 'far-void' : 'eth0', middle, near, {
        addresses: [[`10.${net}.0.2/24`], [`10.${net}.0.1/24`]],
        knownNeighbours: true,
      });
    wire(client, 'clients', '1');
    wire(server, 'lan', '2');
    wire(wild, 'wild', '3');
    wire(wild, 'void', '4');
    client.route('default', '10.1.0.1');
    server.route('default', '10.2.0.1');
    middle.route('10.200.0.0/16', '10.3.0.2');
    middle.forwarding();
    // What XDP sends to a veth arrives only if its peer has NAPI: by a program, or by this.
    middle.offload('wild', 'gro', true);
    stack.use(dropEverything(middle, 'void'));
    await serve(server, lab.folder);
    const file = new URL('flood.ts', import.meta.url).pathname;
    const operands = [
      '-r',
      '1',
      'taskset',
      '-c',
      '1',
      process.execPath,
      file,
      SERVICE,
      middle.mac('wild'),
      'eth0',
      'far-void',
    ];
    const flood = new LineProcess(wild.spawn('chrt', operands).child);
    await flood.line();
    return new Arena(stack.move(), lab, { client, middle, server }, flood);
  }

  /** What clients get when they ask once. */
  async asked(): Promise<boolean> {
    const answer = await this.#client.fetch(`http://${SERVICE}/`, { timeout: 1000 });
    return answer.ok && Buffer.from(answer.body).toString() === BODY;
  }

  /** Requests answered each second, as many as there can be. */
  async capacity(): Promise<number> {
    const wrk = this.#client.spawn('wrk', ['-t1', `-c${CONNECTIONS}`, '-d2s', `http://${SERVICE}/`]);
    await wrk.exited;
    const [, rate = 'none'] = /Requests\/sec:\s+([\d.]+)/.exec(wrk.stdout) ?? [];
    return Number(rate);
  }

  /** Of clients that ask at this rate beside a flood. */
  async goodput(rate: number, flooded: Flooded, flood: number): Promise<Goodput> {
    const wrk = this.#pacedClients(rate);
    await delay(SETTLE_MS);
    const link = flooded === 'wild' ? 'eth0' : 'far-void';
    this.#flood.tell(`${link} ${flood} ${FLOOD_SECONDS + (2 * SETTLE_MS) / 1000}`);
    await delay(SETTLE_MS);
    const before = await this.#counted(flooded);
    await delay(1000 * FLOOD_SECONDS);
    const after = await this.#counted(flooded);
    const made = Number(await this.#flood.line());
    await wrk.exited;
    const seconds = (after.at - before.at) / 1000;
    return {
      requests: (after.requests - before.requests) / seconds,
      flood: made / (FLOOD_SECONDS + (2 * SETTLE_MS) / 1000),
      arrived: (after.arrived - before.arrived) / seconds,
      failed: failures(wrk.stdout),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  /** A connection waits after each answer for as long as brings all of them to this rate. */
  #pacedClients(rate: number): LabProcess {
    const file = join(this.folder, 'pace.lua');
    const most = Math.round((2 * 1000 * CONNECTIONS) / rate);
    writeFileSync(file, `function delay() return math.random(0, ${most}) end\n`);
    const seconds = FLOOD_SECONDS + Math.ceil((4 * SETTLE_MS) / 1000);
    return this.#client.spawn('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', file, `http://${SERVICE}/`]);
  }

  async #counted(flooded: Flooded) {
    const answer = await this.server.fetch('http://127.0.0.1:8081/');
    const text = answer.ok ? Buffer.from(answer.body).toString() : '';
    // Accepted connections, handled ones, requests.
    const [, requests = 'none'] = /^ \d+ \d+ (\d+)/m.exec(text) ?? [];
    const { rxPackets } = getLink(this.middle.netlink, flooded).statistics;
    return { at: performance.now(), requests: Number(requests), arrived: Number(rxPackets) };
  }
}

function dropEverything(host: Host, link: string): Disposable {
  using stack = new DisposableStack();
  const program = stack.use(BpfProgram.load(assembleProgram('drop_all', 'xdp', 'r0 = 1\nexit')));
  const ifindex = host.ifindex(link);
  stack.use(inNamespace(host.namespace, () => attachXdp({ program, ifindex, mode: 'native' })));
  return stack.move();
}

async function serve(server: Host, folder: string): Promise<void> {
  const file = join(folder, 'nginx.conf');
  const text = [
    'daemon off; user root; worker_processes 1; error_log stderr crit;',
    `pid ${folder}/nginx.pid;`,
    'events { worker_connections 1024; }',
    `http { access_log off; keepalive_requests 10000000; client_body_temp_path ${folder}/body;`,
    ...['proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`),
    `server { listen 80; listen 8080; location / { return 200 ${BODY}; } }`,
    'server { listen 8081; location / { stub_status; } } }',
  ];
  writeFileSync(file, text.join('\n'));
  server.spawn('/usr/sbin/nginx', ['-p', folder, '-e', 'stderr', '-c', file]);
  const deadline = performance.now() + 5000;
  while (!(await server.fetch('http://127.0.0.1:8081/')).ok) {
    if (performance.now() > deadline) throw new Error('nginx does not answer');
    await delay(20);
  }
}

function failures(text: string): number {
  const [, ...socket] = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? [];
  const [, wrong = '0'] = /Non-2xx or 3xx responses: (\d+)/.exec(text) ?? [];
  return [...socket, wrong].reduce((sum, count) => sum + Number(count), 0);
}
