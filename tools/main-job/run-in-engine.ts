// The main job in the user-space engine, where nothing else is allowed: a recorded HTTP request, with the addresses and ports of each
// case, between a client at the wire and servers behind the host.
import { logTo } from '@twinpath/cli';
import { type SimulatedChain, startSimulatedChain } from '@twinpath/runtime';
import { readConversation } from './conversation.ts';
import { placeHolds } from './expectations.ts';
import { SERVERS } from './network.ts';
import { startResolver } from './resolver.ts';
import { NAME } from './rules.ts';
import { patienceMs, type Request } from './traffic.ts';
import { firewallOn, InterruptedError, type MainJobRun, say, watch } from './watch.ts';

const PORT = 'eth0';
const PLACE = 'xdp, tcx egress';
/** How often to look whether something has come out. */
const LOOK_MS = 1;

/** @throws what went wrong in the middle */
export async function runInEngine(told: AbortSignal, seconds: number): Promise<MainJobRun> {
  using _resolver = await startResolver(NAME, { v4: SERVERS.v4.shop, v6: SERVERS.v6.shop });
  if (told.aborted) throw new InterruptedError();
  await using chain = await startSimulatedChain(firewallOn('main-job', { interface: PORT }), {
    log: logTo(process.stderr),
  });
  say('The chain runs in the user-space engine of this process. Sending recorded HTTP requests …');
  using arrivals = new Arrivals(chain);
  const { statistics, ...seen } = await watch(chain, played(chain, arrivals), { told, seconds });
  const hooks = new Set(statistics.functions.flatMap(({ programs }) => programs.map(({ hook }) => hook)));
  const hook = [...hooks].map((one) => one.replace('-', ' ')).join(', ');
  const expectations = [placeHolds(PLACE, hook), ...seen.expectations];
  // All of it was memory of this process.
  return { result: { where: 'engine', hook, ...seen, expectations, leftovers: [] }, statistics };
}

/** Client and server say what was recorded, each when the other has heard what was said before. */
function played(chain: SimulatedChain, arrivals: Arrivals): Request {
  const conversation = readConversation();
  return async ({ source, server, port, expected }, sourcePort) => {
    const deadline = performance.now() + patienceMs(expected);
    for (const { by, frame } of conversation({ source, sourcePort, server, port })) {
      const heard = arrivals.wait(by === 'client' ? 'host' : 'wire', frame, deadline);
      chain.send(PORT, by === 'client' ? 'wire' : 'host', frame);
      if (!(await heard)) return false;
    }
    return true;
  };
}

interface Waiting {
  readonly deadline: number;
  resolve(hasCome: boolean): void;
}

/** Who waits for which frame, on which side. */
class Arrivals implements Disposable {
  readonly #chain: SimulatedChain;
  readonly #waiting = new Map<string, Waiting>();
  readonly #timer: NodeJS.Timeout;

  constructor(chain: SimulatedChain) {
    this.#chain = chain;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Whether exactly these bytes have come out before the deadline. */
  wait(side: 'wire' | 'host', frame: Uint8Array, deadline: number): Promise<boolean> {
    return new Promise((resolve) => this.#waiting.set(keyOf(side, frame), { deadline, resolve }));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const { side, bytes } of this.#chain.take()) this.#settle(keyOf(side, bytes), true);
    const now = performance.now();
    for (const [key, { deadline }] of this.#waiting) if (now > deadline) this.#settle(key, false);
  }

  #settle(key: string, hasCome: boolean): void {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    waiting?.resolve(hasCome);
  }
}

const keyOf = (side: string, bytes: Uint8Array): string => `${side} ${Buffer.from(bytes).toString('latin1')}`;
