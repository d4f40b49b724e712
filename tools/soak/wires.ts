import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  createNamespace,
  createVeth,
  deleteNamespace,
  inNamespace,
  listNamespaces,
  Netlink,
  setLink,
  setOffload,
  writeSysctl,
} from '@twinpath/linux';

export const NEAR = 'tp-soak-near';
const FAR = 'tp-soak-far';

/** Four wires between two namespaces, and traffic from the far one. */
export class Wires implements AsyncDisposable {
  /** Interfaces of the near one, in pairs. */
  readonly pairs = [
    ['a', 'b'],
    ['c', 'd'],
  ] as const;
  readonly #traffic: ChildProcess;

  /** `rate`: packets a second into each. */
  constructor({ rate, seed }: { readonly rate: number; readonly seed: number }) {
    for (const namespace of [NEAR, FAR]) {
      if (listNamespaces().includes(namespace)) deleteNamespace(namespace);
      createNamespace(namespace);
      writeSysctl('net.ipv6.conf.default.disable_ipv6', 1, namespace);
    }
    using near = new Netlink(NEAR);
    using far = new Netlink(FAR);
    const links = this.pairs.flat();
    for (const name of links) {
      createVeth(near, { name, queues: 1, peer: { name, queues: 1, namespace: FAR } });
      setLink(near, name, { up: true });
      setLink(far, name, { up: true });
      inNamespace(FAR, () => setOffload(name, 'tx-checksum', false));
    }
    const script = fileURLToPath(new URL('traffic.ts', import.meta.url));
    const given = [script, FAR, String(rate), String(seed), ...links];
    this.#traffic = spawn(process.execPath, given, { stdio: ['ignore', 'inherit', 'inherit'] });
  }

  /** The traffic goes on. */
  get isAlive(): boolean {
    return this.#traffic.exitCode === null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isAlive) {
      const ended = once(this.#traffic, 'exit');
      this.#traffic.kill();
      await ended;
    }
    for (const namespace of [NEAR, FAR]) deleteNamespace(namespace);
  }
}
