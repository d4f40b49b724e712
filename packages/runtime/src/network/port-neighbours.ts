import { isSyscallError, type Neighbour } from '@twinpath/linux';
import type { Ip, LiveNeighbour, LiveNeighbours, Mac } from '@twinpath/vnf';
import { Budget } from './budget.ts';
import type { NetworkOptions } from './live-network.ts';
import { NeighbourView } from './neighbour-view.ts';

const QUESTIONS_PER_SECOND = 200;
/** For so long, who did not answer is not asked again. */
const ABSENT_MS = 3000;
/** The kernel asks three times, a second apart, unless somebody has set it otherwise. */
const PATIENCE_MS = 5000;

interface Question {
  readonly answer: Promise<Mac | undefined>;
  settle(mac: Mac | undefined): void;
}

/** Neighbours of a function's ports. */
export class PortNeighbours implements LiveNeighbours<string>, Disposable {
  readonly #options: NetworkOptions;
  readonly #budget = new Budget(QUESTIONS_PER_SECOND);
  /** By name of the namespace. */
  readonly #views = new Map<string | undefined, NeighbourView>();
  readonly #handlers: ((neighbour: LiveNeighbour<string>) => void)[] = [];
  readonly #questions = new Map<string, Question>();
  /** Until when they count as absent, in order of that. */
  readonly #absent = new Map<string, number>();

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  *[Symbol.iterator](): Iterator<LiveNeighbour<string>> {
    for (const { name, ifindex, namespace } of this.#options.ports()) {
      for (const neighbour of this.#view(namespace)) {
        const mac = macOf(neighbour);
        if (neighbour.ifindex === ifindex && mac !== undefined) yield { address: neighbour.address, port: name, mac };
      }
    }
  }

  get(address: Ip, port: string): Mac | undefined {
    const { ifindex, namespace } = this.#options.port(port);
    return macOf(this.#view(namespace).get(ifindex, address));
  }

  async resolve(address: Ip, port: string): Promise<Mac | undefined> {
    const { ifindex, namespace } = this.#options.port(port);
    const view = this.#view(namespace);
    const known = view.get(ifindex, address);
    const mac = macOf(known);
    if (mac !== undefined) {
      if (known?.state === 'stale' && this.#budget.take()) this.#use(view, ifindex, address);
      return mac;
    }
    const key = keyOf(namespace, ifindex, address);
    const open = this.#questions.get(key);
    if (open !== undefined) return open.answer;
    if (ifindex === 0 || this.#isAbsent(key) || !this.#budget.take()) return undefined;
    const question = this.#ask(key);
    if (!this.#use(view, ifindex, address)) question.settle(undefined);
    return question.answer;
  }

  onChange(handler: (neighbour: LiveNeighbour<string>) => void): void {
    this.#handlers.push(handler);
    this.placed();
  }

  /** Ports may be in other namespaces than before. */
  placed(): void {
    if (this.#handlers.length === 0) return;
    for (const { namespace } of this.#options.ports()) this.#view(namespace);
  }

  [Symbol.dispose](): void {
    for (const view of this.#views.values()) view[Symbol.dispose]();
    for (const question of [...this.#questions.values()]) question.settle(undefined);
  }

  #view(namespace: string | undefined): NeighbourView {
    const known = this.#views.get(namespace);
    if (known !== undefined) return known;
    const changed = (neighbour: Neighbour, gone: boolean) => this.#changed(namespace, neighbour, gone);
    const view = new NeighbourView(namespace, this.#options.watch, changed);
    this.#views.set(namespace, view);
    return view;
  }

  /** `false`: the kernel cannot: its table is full, or the interface is down. */
  #use(view: NeighbourView, ifindex: number, address: Ip): boolean {
    try {
      view.use(ifindex, address);
      return true;
    } catch (error) {
      if (!isSyscallError(error)) throw error;
      this.#options.warn('neighbours', error.message);
      return false;
    }
  }

  #ask(key: string): Question {
    const { promise: answer, resolve } = Promise.withResolvers<Mac | undefined>();
    const question: Question = {
      answer,
      settle: (mac) => {
        clearTimeout(timer);
        this.#questions.delete(key);
        if (mac === undefined) this.#absent.set(key, performance.now() + ABSENT_MS);
        resolve(mac);
      },
    };
    const timer = setTimeout(() => question.settle(undefined), PATIENCE_MS);
    this.#questions.set(key, question);
    return question;
  }

  #isAbsent(key: string): boolean {
    const now = performance.now();
    for (const [old, until] of this.#absent) {
      if (until > now) break;
      this.#absent.delete(old);
    }
    return this.#absent.has(key);
  }

  #changed(namespace: string | undefined, neighbour: Neighbour, gone: boolean): void {
    const { ifindex, address, state } = neighbour;
    const mac = gone ? undefined : macOf(neighbour);
    const key = keyOf(namespace, ifindex, address);
    if (mac !== undefined) this.#absent.delete(key);
    if (mac !== undefined || gone || state === 'failed') this.#questions.get(key)?.settle(mac);
    // Being asked for is no change.
    if (mac === undefined && !gone && state === 'incomplete') return;
    const ports = this.#options.ports().filter((one) => one.ifindex === ifindex && one.namespace === namespace);
    for (const { name } of ports) this.#tell({ address, port: name, mac });
  }

  #tell(neighbour: LiveNeighbour<string>): void {
    for (const handler of this.#handlers) {
      try {
        handler(neighbour);
      } catch (error) {
        this.#options.failed(error);
      }
    }
  }
}

const keyOf = (namespace: string | undefined, ifindex: number, address: Ip) =>
  `${namespace ?? ''} ${ifindex} ${address}`;

function macOf(neighbour: Neighbour | undefined): Mac | undefined {
  if (neighbour === undefined || neighbour.state === 'failed' || neighbour.state === 'incomplete') return undefined;
  return neighbour.mac;
}
