// Two namespaces with two wires between them: a generator of packets on the far side, what is measured on the near one.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  createNamespace,
  createVeth,
  deleteNamespace,
  listNamespaces,
  Netlink,
  setLink,
  writeSysctl,
} from '@twinpath/linux';

export const NEAR = 'tp-bench-eng-near';
const FAR = 'tp-bench-eng-far';

export interface Load {
  readonly sent: number;
  readonly ms: number;
}

export class Wire implements AsyncDisposable {
  readonly #generator: LineProcess;

  private constructor(generator: LineProcess) {
    this.#generator = generator;
  }

  static async open(): Promise<Wire> {
    for (const namespace of [NEAR, FAR]) {
      if (listNamespaces().includes(namespace)) deleteNamespace(namespace);
      createNamespace(namespace);
      writeSysctl('net.ipv6.conf.default.disable_ipv6', 1, namespace);
    }
    using near = new Netlink(NEAR);
    using far = new Netlink(FAR);
    for (const name of ['a', 'b']) {
      createVeth(near, { name, queues: 1, peer: { name, queues: 1, namespace: FAR } });
      setLink(near, name, { up: true });
      setLink(far, name, { up: true });
    }
    const script = fileURLToPath(new URL('generator.ts', import.meta.url));
    const generator = new LineProcess(
      spawn(process.execPath, [script, FAR, 'a', 'b'], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    await generator.line();
    return new Wire(generator);
  }

  /** As many frames as there can be, into interface `a` of the near side. */
  async load(ms: number): Promise<Load> {
    this.#generator.tell(String(ms));
    const [sent = 0, took = 0] = (await this.#generator.line()).split(' ').map(Number);
    return { sent, ms: took };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#generator.end('SIGTERM');
    for (const namespace of [NEAR, FAR]) deleteNamespace(namespace);
  }
}

/** A process that speaks in lines. */
export class LineProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout === null) throw new Error('the process has no output');
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`${this.#child.spawnfile} ended with ${this.#child.exitCode}`);
    return value;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }
}
