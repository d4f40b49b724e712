import { setTimeout as delay } from 'node:timers/promises';
import type { Host } from './host.ts';
import type { LabProcess } from './process.ts';

export interface CaptureOptions {
  /** In tcpdump's language, such as `tcp port 80`; default everything. */
  readonly filter?: string;
}

/** The kernel hands packets to tcpdump without delay; this is for tcpdump to write them. */
const SETTLE_MS = 100;

/** A running tcpdump. */
export class Capture {
  readonly #tcpdump: LabProcess;

  private constructor(tcpdump: LabProcess) {
    this.#tcpdump = tcpdump;
  }

  /** Resolves when packets are seen. @throws Error with what tcpdump said when it cannot start. */
  static async start(host: Host, link: string, { filter = '' }: CaptureOptions): Promise<Capture> {
    const operands = [
      '-i',
      link,
      '-w',
      '-',
      '-U',
      '--immediate-mode',
      '-Z',
      'root',
      ...(filter === '' ? [] : [filter]),
    ];
    const tcpdump = host.spawn('tcpdump', operands);
    await tcpdump.saying(/listening on/);
    return new Capture(tcpdump);
  }

  /** Ends the capture: a pcap file's bytes, with the whole of every frame. */
  async stop(): Promise<Uint8Array> {
    await delay(SETTLE_MS);
    await this.#tcpdump.stop('SIGINT');
    return new Uint8Array(this.#tcpdump.stdoutBytes);
  }
}
