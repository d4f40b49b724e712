// A source of packets on the far side of as many pairs of wires as there are contenders: each stands in a host of its own all the
// time, so that turns go from one to the next without anything being taken down.
import { setTimeout as sleep } from 'node:timers/promises';
import { getLink } from '@twinpath/linux';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { softirqSeconds } from '../cpu-seconds.ts';
import { LineProcess } from './line-process.ts';
import { BEYOND, type Load, type Sent, type SinkHook, type Sunk, type ToSource } from './messages.ts';

/** Milliseconds until what is under way has arrived. */
const SETTLE_MS = 50;
/** Where they are from: this way back. */
const BACK = '10.1.0.2';
const SOURCES = '172.16.0.0/12';

/** Routers in a row, mostly one: packets come in by `a` of the first, and go out by `b` of the last. */
export interface Near {
  /** The first. */
  readonly host: Host;
  readonly hosts: readonly Host[];
  /** At the far end. */
  readonly links: Readonly<Record<'a' | 'b', string>>;
}

export interface NearOptions {
  /** How what it sends is taken: socket buffers would be copied for XDP. Default 'xdp'. */
  readonly sink?: SinkHook;
  /** Nothing native to the driver is on `a`: frames for socket buffers come in by NAPI only with GRO. */
  readonly gro?: boolean;
  /** How many routers; each but the first has the packets from the one before by its `a`. Default 1. */
  readonly hops?: number;
}

/** What works on the packets of a host. */
export interface Standing {
  /** Frames so far, and nanoseconds of CPU time of its own processes. */
  counted(): Promise<Counted>;
}
export interface Counted {
  readonly frames: number;
  readonly cpu: number;
}

/** Of one load. */
export interface Loaded {
  /** Frames made, and those that were worked on, each second. */
  readonly sent: number;
  readonly rate: number;
  /** Nanoseconds of CPU time for each that was worked on: the contender's own processes, and all together with the source and the kernel's
   *  threads for what the driver left over. */
  readonly own: number;
  readonly cpu: number;
}

export class Wires implements AsyncDisposable {
  readonly lab: Lab;
  readonly #far: Host;
  readonly #source: LineProcess;
  #hosts = 0;

  private constructor(lab: Lab, far: Host, source: LineProcess) {
    this.lab = lab;
    this.#far = far;
    this.#source = source;
  }

  static async open(name: string): Promise<Wires> {
    await using stack = new AsyncDisposableStack();
    const lab = stack.use(createLab(`tp-bench-${name}`));
    const far = lab.host('far');
    far.sysctl('net.ipv6.conf.default.disable_ipv6', 1);
    const file = new URL('source.ts', import.meta.url).pathname;
    const source = new LineProcess(far.spawn(process.execPath, [file]).child);
    await source.line();
    stack.move();
    return new Wires(lab, far, source);
  }

  async near({ sink = 'xdp', gro = false, hops = 1 }: NearOptions = {}): Promise<Near> {
    const number = this.#hosts++;
    const host = this.#router(`near${number}`);
    const hosts = [host];
    const links = { a: `a${number}`, b: `b${number}` };
    this.lab.link(host, 'a', this.#far, links.a, { addresses: [['10.1.0.1/24'], []] });
    host.neighbour('a', BACK, this.#far.mac(links.a));
    host.route(SOURCES, BACK);
    let last = host;
    for (let hop = 1; hop < hops; hop++) {
      const next = this.#router(`near${number}-${hop}`);
      this.#lead(last, next, hop);
      hosts.push(next);
      last = next;
    }
    this.lab.link(last, 'b', this.#far, links.b, { addresses: [['10.2.0.1/24'], []] });
    last.neighbour('b', BEYOND, this.#far.mac(links.b));
    for (const end of ['a', 'b'] as const) await this.#ask({ ask: 'sink', link: links[end], hook: sink });
    if (gro) host.offload('a', 'gro', true);
    return { host, hosts, links };
  }

  #router(name: string): Host {
    const host = this.lab.host(name);
    host.sysctl('net.ipv6.conf.default.disable_ipv6', 1);
    host.forwarding();
    return host;
  }

  /** From one router to the next. */
  #lead(from: Host, to: Host, hop: number): void {
    const [here, there] = [`10.3.${hop}.1`, `10.3.${hop}.2`];
    const addresses = [[`${here}/24`], [`${there}/24`]] as const;
    this.lab.link(from, 'out', to, 'a', { addresses, knownNeighbours: true });
    from.route(`${BEYOND}/32`, there);
    to.route(SOURCES, here);
  }

  send({ host, links }: Near, load: Load): Promise<Sent> {
    return this.#ask({ ask: 'load', link: links.a, to: host.mac('a'), load });
  }

  /** What came out of an interface since the start. */
  sunk({ links }: Near, end: 'a' | 'b'): Promise<Sunk> {
    return this.#ask({ ask: 'sunk', link: links[end] });
  }

  /** Of the far end's interface. */
  farMac({ links }: Near, end: 'a' | 'b'): string {
    return this.#far.mac(links[end]);
  }

  /** What works on the host's packets is the kernel: its frames are those that came in, or out of an interface. */
  standing(near: Near, where: 'in' | 'a' | 'b'): Standing {
    return {
      counted: async () => ({
        frames:
          where === 'in'
            ? Number(getLink(near.host.netlink, 'a').statistics.rxPackets)
            : (await this.sunk(near, where)).frames,
        cpu: 0,
      }),
    };
  }

  async load(near: Near, standing: Standing, load: Load): Promise<Loaded> {
    const [before, kernel] = [await standing.counted(), softirqSeconds()];
    const { sent, ms, cpu } = await this.send(near, load);
    await sleep(SETTLE_MS);
    const after = await standing.counted();
    const frames = after.frames - before.frames;
    const own = after.cpu - before.cpu;
    const all = own + cpu + (softirqSeconds() - kernel) * 1e9;
    return { sent: (sent / ms) * 1000, rate: (frames / ms) * 1000, own: own / frames, cpu: all / frames };
  }

  async #ask<T extends Sent | Sunk>(what: ToSource): Promise<T> {
    this.#source.tell(JSON.stringify(what));
    return JSON.parse(await this.#source.line());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.end('SIGTERM');
    await this.lab[Symbol.asyncDispose]();
  }
}
