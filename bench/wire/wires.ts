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

/** A host with two interfaces, `a` and `b`; packets come in by `a`. */
export interface Near {
  readonly host: Host;
  /** At the far end. */
  readonly links: Readonly<Record<'a' | 'b', string>>;
}

export interface NearOptions {
  /** How what it sends is taken: socket buffers would be copied for XDP. Default 'xdp'. */
  readonly sink?: SinkHook;
  /** Nothing native to the driver is on `a`: frames for socket buffers come in by NAPI only with GRO. */
  readonly gro?: boolean;
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

  async near({ sink = 'xdp', gro = false }: NearOptions = {}): Promise<Near> {
    const number = this.#hosts++;
    const host = this.lab.host(`near${number}`);
    host.sysctl('net.ipv6.conf.default.disable_ipv6', 1);
    const links = { a: `a${number}`, b: `b${number}` };
    for (const [index, end] of (['a', 'b'] as const).entries()) {
      this.lab.link(host, end, this.#far, links[end], { addresses: [[`10.${index + 1}.0.1/24`], []] });
      await this.#ask({ ask: 'sink', link: links[end], hook: sink });
    }
    host.neighbour('b', BEYOND, this.#far.mac(links.b));
    host.neighbour('a', BACK, this.#far.mac(links.a));
    host.route('172.16.0.0/12', BACK);
    host.forwarding();
    if (gro) host.offload('a', 'gro', true);
    return { host, links };
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
