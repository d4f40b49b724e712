import type { Log } from '@twinpath/vnf';
import type { ChainFunctionSpec, ChainSpec } from '@twinpath/vnf/chain';
import type { Chain } from '../chain/chain.ts';
import { ChainError } from '../chain/chain-error.ts';
import { prefixed } from '../chain/console-log.ts';
import type { ChainAbove, ChainGround, FunctionMaps, OpenedFunction } from '../chain/ground.ts';
import type { OpenPort } from '../chain/open-port.ts';
import { PlacedInstance } from '../chain/placed-instance.ts';
import { PortWatch } from '../chain/port-watch.ts';
import type { PortDescription } from '../chain/running.ts';
import type { Identity } from '../host/record.ts';
import type { Clock } from '../instance/clock.ts';
import { openInstance } from '../instance/open-instance.ts';
import { sharedPool } from '../threads/shared-pool.ts';
import type { WorkerPool } from '../threads/worker-pool.ts';
import { EngineHome } from './engine-home.ts';
import type { EngineHost } from './engine-host.ts';
import { EngineWiring } from './engine-wiring.ts';

/** The ports of a chain in an engine. */
export interface EnginePorts {
  /** See ChainGround. */
  openPorts: ChainGround['openPorts'];
  closeOthers(ports: ReadonlyMap<string, OpenPort>): Promise<void>;
  /** How packets of a port come and go, for people. */
  why(port: OpenPort): string;
}

export interface EngineGroundOptions {
  readonly chain: string;
  readonly host: EngineHost;
  readonly ports: EnginePorts;
  readonly identity: Identity;
  readonly log: Log;
  /** Of slow paths. Default: that of the process. */
  readonly pool?: WorkerPool;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Comes when what the chain cannot be without is gone, besides an interface. */
  readonly lost: Promise<ChainError>;
  /** Its ports are interfaces, which may go and come back. Default: false. */
  readonly watched?: boolean;
}

/** A chain in an engine of this process, with which all of it ends. */
export class EngineGround implements ChainGround {
  readonly wiring: EngineWiring;
  readonly maps: FunctionMaps;
  readonly arrays = {};
  readonly lost: Promise<ChainError>;
  readonly openPorts: ChainGround['openPorts'];
  readonly #options: EngineGroundOptions;
  readonly #watch: PortWatch | undefined;
  /** From the beginning on. */
  #above: ChainAbove<OpenPort> | undefined;

  constructor(options: EngineGroundOptions) {
    const { chain, host, ports, identity, lost, watched = false, log } = options;
    this.#options = options;
    const returned = async (port: string) => this.#above?.returned(port);
    const watch = { chain, ports: () => this.#above?.ports ?? new Map(), returned, log };
    this.#watch = watched ? new PortWatch(watch) : undefined;
    this.lost = Promise.race([lost, ...(this.#watch === undefined ? [] : [this.#watch.lost])]);
    this.openPorts = (...given) => ports.openPorts(...given);
    this.wiring = new EngineWiring(host, identity.key);
    this.maps = this.wiring.stock;
  }

  /** Nothing outlives a process. */
  carry(chain: ChainAbove<OpenPort>): undefined {
    this.#above = chain;
  }

  async open(one: ChainFunctionSpec, { name: chain, functions }: ChainSpec): Promise<OpenedFunction> {
    const { host, identity, log, pool = sharedPool(identity.seed), clock } = this.#options;
    if ('share' in one) {
      const path = ['functions', functions.indexOf(one), 'share'];
      const hint = 'let both paths be in one chain, or run the chains in the kernel';
      throw new ChainError('TP_CHAIN_SPEC', chain, 'chains in the engine share no functions', { hint, path });
    }
    const { name, use, worker = 'shared', onFailure = 'drop' } = one;
    const { seed, key } = identity;
    const instance = await openInstance({
      instance: { chain, name, use, key },
      home: new EngineHome({ functionName: name, host, wiring: this.wiring, key }),
      wiring: this.wiring,
      pool,
      log: functions.length > 1 ? prefixed(log, name) : log,
      worker,
      onFailure,
      seed,
      ...(clock && { clock }),
    });
    return { placed: new PlacedInstance(instance), face: instance.spec };
  }

  /** They are opened with the chain. */
  listen(): void {}
  prepare(): void {}
  letGo(): void {}
  /** Who comes after this process begins anew. */
  settle(): void {}
  async store(): Promise<void> {}
  forget(): void {}
  retired(): void {}
  /** Tail calls are calls of the same thread: there is little to save. */
  async fuse(): Promise<void> {}
  async replaced(): Promise<void> {}

  begun(ports: ReadonlyMap<string, OpenPort>): Promise<void> {
    return this.#options.ports.closeOthers(ports);
  }

  describe(name: string, port: OpenPort): PortDescription {
    return {
      why: this.#options.ports.why(port),
      mode: undefined,
      isFused: false,
      fused: [],
      unfused: [],
      isWaiting: this.#watch?.isWaiting(name) ?? false,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    this.wiring[Symbol.dispose]();
  }
}

/** Ports that are memory are those that the chain began with. */
export const fixedPorts = (ports: ReadonlyMap<string, OpenPort>): EnginePorts => ({
  async openPorts({ name: chain, ports: wanted }) {
    const specs = Object.fromEntries([...ports].map(([name, { spec }]) => [name, spec]));
    if (JSON.stringify(wanted) === JSON.stringify(specs)) return ports;
    const hint = 'start it anew with other ports';
    throw new ChainError('TP_CHAIN_SPEC', chain, 'a simulated chain keeps its ports', { hint, path: ['ports'] });
  },
  async closeOthers() {},
  why: () => 'it is memory, with the hooks of the kernel',
});

/** Brought to its spec, or gone. */
export async function begun<C extends Chain<OpenPort>>(chain: C, spec: ChainSpec): Promise<C> {
  try {
    await chain.change(spec);
    return chain;
  } catch (error) {
    await chain.abandon();
    throw error;
  }
}
