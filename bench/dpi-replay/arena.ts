// A wire with tcpreplay at one end, and who looks at the packets at the other.
import { getLink } from '@twinpath/linux';
import { createLab, type Host, type Lab, type LabProcess } from '@twinpath/testing/lab';

export const PORT = 'port';
/** Of each flow at most so many are looked at, by everybody. */
export const PACKETS = { tcp: 16, other: 10 } as const;

export interface Replayed {
  readonly sent: number;
  /** Each second. */
  readonly rate: number;
  readonly arrived: number;
}

export class Arena implements AsyncDisposable {
  readonly near: Host;
  readonly folder: string;
  readonly #lab: Lab;
  readonly #far: Host;
  /** As taskset takes them. */
  readonly #cpus: { readonly sender: string; readonly reader: string };

  constructor(cores: 1 | 2) {
    this.#lab = createLab('tp-bench-dpi');
    this.near = this.#lab.host('near');
    this.#far = this.#lab.host('far');
    this.folder = this.#lab.folder;
    for (const host of [this.near, this.#far]) host.sysctl('net.ipv6.conf.default.disable_ipv6', 1);
    this.#lab.link(this.near, PORT, this.#far, 'eth0');
    this.#cpus = cores === 1 ? { sender: '0', reader: '0' } : { sender: '0', reader: '1' };
  }

  /** Starts who looks at the packets. */
  reader(command: string, operands: readonly string[]): LabProcess {
    return this.near.spawn('taskset', ['-c', this.#cpus.reader, command, ...operands]);
  }

  /** @throws Error when packets could not be sent. */
  async replay(file: string, pace: readonly string[] = ['--topspeed']): Promise<Replayed> {
    const before = this.#arrived();
    const operands = ['-c', this.#cpus.sender, 'tcpreplay', '-K', ...pace, '-i', 'eth0', file];
    const { stdout } = await this.#far.exec('taskset', operands, { timeout: 120_000 });
    const [, sent = 'none', seconds = 'none'] = /Actual: (\d+) packets .* sent in ([\d.]+) seconds/.exec(stdout) ?? [];
    const [, failed = '0'] = /Failed packets:\s+(\d+)/.exec(stdout) ?? [];
    if (Number(failed) > 0 || !(Number(seconds) > 0)) throw new Error(`tcpreplay did not send all: ${stdout}`);
    return { sent: Number(sent), rate: Number(sent) / Number(seconds), arrived: this.#arrived() - before };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lab[Symbol.asyncDispose]();
  }

  #arrived(): number {
    return Number(getLink(this.near.netlink, PORT).statistics.rxPackets);
  }
}
