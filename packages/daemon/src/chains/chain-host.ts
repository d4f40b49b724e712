// Chains of this machine: brought to what is wanted, together or each for itself.

import type { ChainStatus } from '@twinpath/api';
import type { RunningChain, RunningFunction } from '@twinpath/runtime';
import type { Log } from '@twinpath/vnf';
import { sharedFirst } from '@twinpath/vnf/chain';
import { conflict, notFound, type Refusal, RefusedError, within } from '../control/refusal.ts';
import type { WantedChain } from './wanted-chain.ts';

interface Running {
  readonly wanted: WantedChain;
  readonly chain: RunningChain;
  readonly since: string;
  readonly milliseconds: number;
}

interface Failure {
  readonly refusal: Refusal;
  /** JSON of the spec that failed. */
  readonly spec: string;
}

export interface ChainHostOptions {
  readonly stateDirectory: string;
  /** For what does not come to an end. */
  readonly changeSeconds: number;
  logOf(chain: string): Log;
  /** A text without secrets. */
  redact(text: string): string;
  /** A chain has lost what it cannot be without, or runs again. */
  onTrouble(chain: string): void;
}

/** What was brought together, and is not final yet. */
export interface Brought {
  /** What is not wanted any more goes. Does not fail. */
  settle(): Promise<void>;
  /** All is as it was. */
  undo(): Promise<void>;
}

/** By name. `undefined`: not wanted, or not here. */
export type Targets = ReadonlyMap<string, WantedChain | undefined>;

/** What makes a difference to packets. */
const specText = ({ spec, on }: WantedChain): string => JSON.stringify([spec, on]);

export class ChainHost {
  readonly #options: ChainHostOptions;
  readonly #running = new Map<string, Running>();
  readonly #failures = new Map<string, Failure>();

  constructor(options: ChainHostOptions) {
    this.#options = options;
  }

  get running(): ReadonlyMap<
    string,
    { readonly chain: RunningChain; readonly wanted: WantedChain; readonly milliseconds: number }
  > {
    return this.#running;
  }

  /** Whether all that is wanted runs as it is wanted. */
  isAt(targets: Targets): boolean {
    return [...targets].every(([name, wanted]) => {
      const present = this.#running.get(name);
      return wanted === undefined
        ? present === undefined
        : present !== undefined && specText(present.wanted) === specText(wanted);
    });
  }

  /** All of them, or none: packets meet each chain as it was or as it is wanted. @throws RefusedError with faults from the document's root */
  async bring(targets: Targets): Promise<Brought> {
    const undo = new AsyncDisposableStack();
    const wanted = inOrder(targets);
    const leaving = [...targets].flatMap(([name, one]) => (one === undefined ? (this.#running.get(name) ?? []) : []));
    const inTheWay = leaving.filter((one) => wanted.some((other) => sharesPort(one.wanted, other)));
    try {
      for (const one of inTheWay) {
        await this.#stop(one.wanted.name);
        undo.defer(() => this.#start(one.wanted));
      }
      for (const one of wanted) await this.#bringOne(one, undo);
    } catch (error) {
      await this.#undo(undo);
      throw error;
    }
    return {
      settle: async () => {
        for (const one of leaving) await this.#stopOrSay(one.wanted.name);
        for (const name of targets.keys()) this.#failures.delete(name);
      },
      undo: () => this.#undo(undo),
    };
  }

  /** Each for itself; what fails is kept as the chain's problem. All that is not in `targets` goes. */
  async reconcile(targets: Targets): Promise<void> {
    for (const name of [...this.#running.keys()]) {
      if (targets.get(name) === undefined) await this.#stopOrSay(name);
    }
    for (const name of this.#failures.keys()) if (targets.get(name) === undefined) this.#failures.delete(name);
    for (const wanted of inOrder(targets)) {
      await using undo = new AsyncDisposableStack();
      try {
        await this.#bringOne(wanted, undo);
        undo.move();
        if (this.#failures.delete(wanted.name)) this.#options.onTrouble(wanted.name);
      } catch (error) {
        const refusal = error instanceof RefusedError ? error.refusal : wanted.refusal(error);
        const before = this.#failures.get(wanted.name)?.refusal.detail;
        this.#failures.set(wanted.name, { refusal, spec: specText(wanted) });
        if (before === refusal.detail) continue;
        this.#options.logOf(wanted.name).error(refusal.detail);
        this.#options.onTrouble(wanted.name);
      }
    }
  }

  get hasFailures(): boolean {
    return this.#failures.size > 0;
  }

  /** `wanted`: here. */
  status(name: string, wanted: WantedChain | undefined): ChainStatus {
    const running = this.#running.get(name);
    const failure = this.#failures.get(name);
    const problem = failure && {
      code: failure.refusal.code,
      detail: this.#options.redact(failure.refusal.detail),
      ...(failure.refusal.hint && { hint: failure.refusal.hint }),
    };
    const state =
      wanted === undefined ? 'elsewhere' : running === undefined || failure !== undefined ? 'failed' : 'running';
    if (running === undefined) return { name, state, ports: [], functions: [], ...(problem && { problem }) };
    const { chain, since, milliseconds } = running;
    return {
      name,
      state,
      revision: running.wanted.revision,
      since,
      on: running.wanted.on,
      applyMilliseconds: milliseconds,
      ports: chain.ports.map(({ name: port, interface: link, namespace, hook, why, mode }) => ({
        name: port,
        interface: link,
        hook,
        why,
        ...(namespace !== undefined && { namespace }),
        ...(mode !== undefined && { mode }),
      })),
      functions: chain.spec.functions.map(({ name: member }, index) => ({
        name: member,
        function: chain.functions[index]?.spec.name ?? member,
      })),
      ...(problem && { problem }),
    };
  }

  /** @throws RefusedError */
  chain(name: string): RunningChain {
    const running = this.#running.get(name);
    if (running !== undefined) return running.chain;
    throw conflict('TP_NOT_RUNNING', `chain ${name} does not run here`, 'its status says why');
  }

  /** @throws RefusedError */
  member(chain: string, name: string): RunningFunction {
    const { functions, spec } = this.chain(chain);
    const at = spec.functions.findIndex((one) => one.name === name);
    const found = functions[at];
    if (found !== undefined) return found;
    const known = spec.functions.map((one) => one.name).join(', ');
    throw notFound(`chain ${chain} has no function ${name}`, `there is ${known}`);
  }

  /** Takes everything off the host. */
  async stopAll(): Promise<void> {
    for (const name of [...this.#running.keys()].toReversed()) await this.#stopOrSay(name);
  }

  async #bringOne(wanted: WantedChain, undo: AsyncDisposableStack): Promise<void> {
    const present = this.#running.get(wanted.name);
    if (present !== undefined && specText(present.wanted) === specText(wanted)) {
      this.#running.set(wanted.name, { ...present, wanted });
      undo.defer(() => void this.#running.set(wanted.name, present));
      return;
    }
    try {
      if (present !== undefined && present.wanted.on !== wanted.on) {
        await this.#stop(wanted.name);
        undo.defer(() => this.#start(present.wanted));
      }
      if (!this.#running.has(wanted.name) || present === undefined) {
        await this.#start(wanted);
        undo.defer(() => this.#stop(wanted.name));
        return;
      }
      const began = performance.now();
      await this.#limited(present.chain.change(wanted.spec), wanted.name);
      const milliseconds = performance.now() - began;
      this.#running.set(wanted.name, { ...present, wanted, since: new Date().toISOString(), milliseconds });
      undo.defer(async () => {
        await present.chain.change(present.wanted.spec);
        this.#running.set(wanted.name, present);
      });
    } catch (error) {
      throw new RefusedError(within(['chains', wanted.name], wanted.refusal(error)), error);
    }
  }

  async #start(wanted: WantedChain): Promise<void> {
    const { stateDirectory, changeSeconds } = this.#options;
    const { name, spec } = wanted;
    const began = performance.now();
    const log = this.#options.logOf(name);
    // A daemon without chains is small.
    const { startChain, startEngineChain } = await import('@twinpath/runtime');
    const chain = await (wanted.on === 'engine'
      ? this.#limited(startEngineChain(spec, { log, stateDirectory }), name)
      : startChain(spec, { log, stateDirectory, signal: AbortSignal.timeout(changeSeconds * 1000) }));
    const milliseconds = performance.now() - began;
    this.#running.set(name, { wanted, chain, since: new Date().toISOString(), milliseconds });
    void chain.lost.then((error) => this.#lost(name, chain, error));
  }

  /** It is taken down, and tried again as long as it is wanted. */
  #lost(name: string, chain: RunningChain, error: Error): void {
    const present = this.#running.get(name);
    if (present?.chain !== chain) return;
    this.#failures.set(name, { refusal: present.wanted.refusal(error), spec: '' });
    this.#options.logOf(name).error(error.message);
    this.#options.onTrouble(name);
  }

  /** A chain that has lost its interface must start anew. */
  isLost(name: string): boolean {
    return this.#running.has(name) && this.#failures.get(name)?.spec === '';
  }

  async dropLost(): Promise<void> {
    for (const name of this.#failures.keys()) if (this.isLost(name)) await this.#stopOrSay(name);
  }

  async #stop(name: string): Promise<void> {
    const present = this.#running.get(name);
    this.#running.delete(name);
    await present?.chain.stop();
  }

  async #stopOrSay(name: string): Promise<void> {
    try {
      await this.#stop(name);
    } catch (error) {
      this.#options
        .logOf(name)
        .error(`it cannot be taken away: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** What cannot be undone is said, and the rest is undone. */
  async #undo(stack: AsyncDisposableStack): Promise<void> {
    try {
      await stack.disposeAsync();
    } catch (error) {
      this.#options
        .logOf('')
        .error(`a change cannot be undone: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #limited<T>(work: Promise<T>, chain: string): Promise<T> {
    const { changeSeconds } = this.#options;
    const late = Promise.withResolvers<never>();
    const why = `chain ${chain}: the change does not come to an end within ${changeSeconds} s`;
    const refuse = () =>
      late.reject(conflict('TP_TIMEOUT', why, 'what `configure` of a function waits for did not come'));
    const timer = setTimeout(refuse, changeSeconds * 1000);
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether both sit on one interface. */
function sharesPort(a: WantedChain, b: WantedChain): boolean {
  const places = ({ spec }: WantedChain) =>
    Object.values(spec.ports).map((port) => `${port.namespace ?? ''} ${port.interface}`);
  const taken = new Set(places(a));
  return places(b).some((place) => taken.has(place));
}

/** Those that are wanted, behind those whose functions they share. */
export function inOrder(targets: Targets): readonly WantedChain[] {
  const bySpec = new Map([...targets.values()].flatMap((one) => (one === undefined ? [] : [[one.spec, one] as const])));
  return sharedFirst([...bySpec.keys()]).flatMap((spec) => bySpec.get(spec) ?? []);
}
