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

  /** `path`: to the name, in the chain's spec. @throws ChainError: there is none. */
  get(name: string | undefined, path?: ChainError['path']): Fd {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const fd = this.#stack.use(enter(this.#chain, name, path));
    this.#opened.set(name, fd);
    return fd;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

function enter(chain: string, namespace: string | undefined, path: ChainError['path']): Fd {
  if (namespace === undefined) return currentNamespace();
  try {
    return openNamespace(namespace);
  } catch (cause) {
    if (!isSyscallError(cause, 'ENOENT') && !(cause instanceof RangeError)) throw cause;
    const hint = '`ip netns` lists those that have names; `pid:<process in it>` is that of a container';
    const why = `there is no network namespace ${namespace}`;
    throw new ChainError('TP_NAMESPACE', chain, why, { hint, cause, ...(path !== undefined && { path }) });
  }
}
