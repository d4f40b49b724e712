// Wires with tcpreplay at one end, and at the other one each who looks at the packets.
import { getLink } from '@twinpath/linux';
import { createLab, type Host, type Lab, type LabProcess } from '@twinpath/testing/lab';

/** Of each flow at most so many are looked at, by everybody. */
export const PACKETS = { tcp: 16, other: 10 } as const;
export type Cores = 1 | 2;

export interface Replayed {
  readonly sent: number;
  /** Each second. */
  readonly rate: number;
  readonly arrived: number;
}

export class Arena implements AsyncDisposable {
  readonly cores: Cores;
  readonly near: Host;
  readonly folder: string;
  readonly #lab: Lab;
  readonly #far: Host;
  #wires = 0;

  /** One: who looks at the packets has the core of who sends them. */
  constructor(cores: Cores) {
    this.cores = cores;
    this.#lab = createLab('tp-bench-dpi');
    this.near = this.#lab.host('near');
    this.#far = this.#lab.host('far');
    this.folder = this.#lab.folder;
    for (const host of [this.near, this.#far]) host.sysctl('net.ipv6.conf.default.disable_ipv6', 1);
  }

  /** Another one, so that all can stand at the same time. */
  wire(): Wire {
    const number = this.#wires++;
    const [port, source] = [`port${number}`, `eth${number}`];
    this.#lab.link(this.near, port, this.#far, source);
    return new Wire(this, this.#far, port, source);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lab[Symbol.asyncDispose]();
  }
}

export class Wire {
  readonly arena: Arena;
  /** The near end. */
  readonly port: string;
  readonly #far: Host;
  readonly #source: string;

  constructor(arena: Arena, far: Host, port: string, source: string) {
    this.arena = arena;
    this.port = port;
    this.#far = far;
    this.#source = source;
  }

  /** Starts who looks at the packets. */
  reader(command: string, operands: readonly string[]): LabProcess {
    const { near, cores } = this.arena;
    return near.spawn('taskset', ['-c', String(cores - 1), command, ...operands]);
  }

  /** @throws Error when packets could not be sent. */
  async replay(file: string, pace: readonly string[] = ['--topspeed']): Promise<Replayed> {
    const before = this.#arrived();
    const operands = ['-c', '0', 'tcpreplay', '-K', ...pace, '-i', this.#source, file];
    const { stdout } = await this.#far.exec('taskset', operands, { timeout: 120_000 });
    const [, sent = 'none', seconds = 'none'] = /Actual: (\d+) packets .* sent in ([\d.]+) seconds/.exec(stdout) ?? [];
    const [, failed = '0'] = /Failed packets:\s+(\d+)/.exec(stdout) ?? [];
    if (Number(failed) > 0 || !(Number(seconds) > 0)) throw new Error(`tcpreplay did not send all: ${stdout}`);
    return { sent: Number(sent), rate: Number(sent) / Number(seconds), arrived: this.#arrived() - before };
  }

  #arrived(): number {
    return Number(getLink(this.arena.near.netlink, this.port).statistics.rxPackets);
  }
}
