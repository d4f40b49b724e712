// Two namespaces and a wire between them; in each a process that has a CPU of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
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
import type { Arrived, BenchHook, Load, Sent, SubjectState, ToGenerator, ToSubject } from './messages.ts';

const NEAR = 'tp-bench-sp-near';
const FAR = 'tp-bench-sp-far';

export class Arena implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #subject: ChildProcess;
  readonly #generator: ChildProcess;

  private constructor(stack: AsyncDisposableStack, subject: ChildProcess, generator: ChildProcess) {
    this.#stack = stack;
    this.#subject = subject;
    this.#generator = generator;
  }

  static async open(hook: BenchHook): Promise<Arena> {
    await using stack = new AsyncDisposableStack();
    for (const namespace of [NEAR, FAR]) {
      if (listNamespaces().includes(namespace)) deleteNamespace(namespace);
      createNamespace(namespace);
      stack.defer(() => deleteNamespace(namespace));
      writeSysctl('net.ipv6.conf.default.disable_ipv6', 1, namespace);
    }
    wire(hook);
    const subject = await started(NEAR, 0, ['subject.ts', hook]);
    stack.defer(() => ended(subject));
    const generator = await started(FAR, 1, ['generator.ts', 'far', hook]);
    stack.defer(() => void generator.kill());
    return new Arena(stack.move(), subject, generator);
  }

  /** Sends packets while the subject answers them. */
  load(load: Load): Promise<Sent> {
    return ask(this.#generator, load);
  }

  /** What has come back since the last `clear`. */
  arrived(): Promise<Arrived> {
    return ask(this.#generator, 'arrived');
  }

  state(): Promise<SubjectState> {
    return ask(this.#subject, 'state');
  }

  /** Forgets all flows but those that are known from the beginning, and all that has arrived. */
  async clear(): Promise<void> {
    await ask(this.#subject, 'forget');
    await ask(this.#generator, 'clear');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

async function ask<T>(child: ChildProcess, what: ToSubject | ToGenerator): Promise<T> {
  child.send(what);
  const [answer] = await once(child, 'message');
  return answer;
}

function wire(hook: BenchHook): void {
  using near = new Netlink(NEAR);
  using far = new Netlink(FAR);
  createVeth(near, { name: 'port', queues: 1, peer: { name: 'far', queues: 1, namespace: FAR } });
  createVeth(far, { name: 'idle', queues: 1, peer: { name: 'idle-peer', queues: 1 } });
  setLink(near, 'port', { up: true });
  setLink(far, 'far', { up: true });
  // What XDP redirects to a veth arrives only if its peer has NAPI: with XDP, or with this.
  if (hook === 'tcx') inNamespace(NEAR, () => setOffload('port', 'gro', true));
}

async function started(
  namespace: string,
  cpu: number,
  [file = '', ...operands]: readonly string[],
): Promise<ChildProcess> {
  const path = new URL(file, import.meta.url).pathname;
  const command = ['-c', String(cpu), process.execPath, path, ...operands];
  const child = inNamespace(namespace, () =>
    spawn('taskset', command, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
      // Ctrl-C goes to who owns the arena.
      detached: true,
    }),
  );
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code}`);
  });
  await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => {});
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.send('stop');
  await once(child, 'exit');
}
