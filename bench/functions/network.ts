// A namespace where the kernel knows the next hop of everything that the measured functions send on.
import { execFileSync } from 'node:child_process';
import { createNamespace, deleteNamespace, inNamespace } from '@twinpath/linux';

const COMMANDS = [
  'link set lo up',
  'link add out type veth peer name far',
  'link set out up address 02:00:00:00:00:01',
  'link set far up',
  'address add 192.0.2.1/24 dev out',
  'neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev out nud permanent',
  'route add default via 192.0.2.2',
];

export class Network implements Disposable {
  readonly #name = `tp-bench-functions-${process.pid}`;

  constructor() {
    createNamespace(this.#name);
    for (const command of COMMANDS) execFileSync('ip', ['-n', this.#name, ...command.split(' ')]);
    const sysctl = ['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1'];
    execFileSync('ip', ['netns', 'exec', this.#name, ...sysctl]);
  }

  /** Test runs in `work` are of packets that come in by its loopback interface. */
  inside<T>(work: () => T extends PromiseLike<unknown> ? never : T): T {
    return inNamespace(this.#name, work);
  }

  [Symbol.dispose](): void {
    deleteNamespace(this.#name);
  }
}
