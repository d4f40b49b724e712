// A wire to a Unix socket that can be cut: nothing that is sent comes through then, and nobody is told.
import { connect, createServer, type Socket } from 'node:net';

export class Wire implements AsyncDisposable {
  readonly path: string;
  readonly #server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isCut = false;

  private constructor(path: string, to: string) {
    this.path = path;
    this.#server = createServer((near) => {
      const far = connect(to);
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      for (const [from, into] of [pair, [far, near] as const]) {
        from.on('data', (bytes) => {
          if (!this.#isCut) into.write(bytes);
        });
        from.on('error', () => into.destroy());
        from.on('close', () => {
          into.destroy();
          this.#pairs.delete(pair);
        });
      }
    });
  }

  /** From `path` to the socket `to`. */
  static async open(path: string, to: string): Promise<Wire> {
    const wire = new Wire(path, to);
    await new Promise<void>((resolve) => wire.#server.listen(path, resolve));
    return wire;
  }

  cut(): void {
    this.#isCut = true;
  }

  /** Connections from before are lost. */
  mend(): void {
    this.#isCut = false;
    this.#closeAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closeAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #closeAll(): void {
    for (const sockets of this.#pairs) for (const socket of sockets) socket.destroy();
  }
}
