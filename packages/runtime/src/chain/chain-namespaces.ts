import { currentNamespace, type Fd, isSyscallError, openNamespace } from '@twinpath/linux';
import { ChainError } from './chain-error.ts';

/** Network namespaces of a chain's ports, by name; `undefined`: that of the process. Each is opened once. */
export class ChainNamespaces implements Disposable {
  readonly #chain: string;
  readonly #stack = new DisposableStack();
  readonly #opened = new Map<string | undefined, Fd>();

  constructor(chain: string) {
    this.#chain = chain;
  }

  /** @throws ChainError: there is none. */
  get(name: string | undefined): Fd {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const fd = this.#stack.use(enter(this.#chain, name));
    this.#opened.set(name, fd);
    return fd;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

function enter(chain: string, namespace: string | undefined): Fd {
  if (namespace === undefined) return currentNamespace();
  try {
    return openNamespace(namespace);
  } catch (cause) {
    if (!isSyscallError(cause, 'ENOENT') && !(cause instanceof RangeError)) throw cause;
    const hint = '`ip netns` lists those that have names; `pid:<process in it>` is that of a container';
    throw new ChainError('TP_NAMESPACE', chain, `there is no network namespace ${namespace}`, { hint, cause });
  }
}
