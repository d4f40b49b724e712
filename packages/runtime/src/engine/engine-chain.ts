import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@twinpath/vnf';
import {
  type ChainSpec,
  ChainSpecError,
  checkChain,
  checkWiring,
  type OwnFunctionSpec,
  type PlacedChain,
  placeChain,
  planChain,
} from '@twinpath/vnf/chain';
import { ChainError, refusedSpec } from '../chain/chain-error.ts';
import { prefixed } from '../chain/console-log.ts';
import { instancePlaces } from '../chain/instance-places.ts';
import type { OpenPort } from '../chain/open-port.ts';
import { PlacedInstance, united } from '../chain/placed-instance.ts';
import { PositionPool } from '../chain/position-pool.ts';
import type { RunningChain, RunningFunction, RunningPort } from '../chain/running.ts';
import type { ChainStatistics } from '../chain/statistics.ts';
import type { Identity } from '../host/record.ts';
import type { StateDirectory } from '../host/state-directory.ts';
import type { Clock } from '../instance/clock.ts';
import type { Takeover } from '../instance/instance-handle.ts';
import { openInstance } from '../instance/open-instance.ts';
import type { InstancePlaces } from '../instance-plane.ts';
import { sharedPool } from '../threads/shared-pool.ts';
import type { WorkerPool } from '../threads/worker-pool.ts';
import { EngineHome } from './engine-home.ts';
import type { EngineHost } from './engine-host.ts';
import { EngineWiring } from './engine-wiring.ts';

export interface EngineChainOptions {
  readonly spec: ChainSpec;
  readonly host: EngineHost;
  /** Of the spec. */
  readonly ports: ReadonlyMap<string, OpenPort>;
  readonly identity: Identity;
  readonly log: Log;
  /** Of slow paths. Default: that of the process. */
  readonly pool?: WorkerPool;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Where durable tables are kept; `undefined`: nowhere. */
  readonly state: StateDirectory | undefined;
  /** Comes when an interface is gone. */
  readonly lost: Promise<ChainError>;
  /** What goes with the chain, behind all that is its own. */
  readonly owned: AsyncDisposableStack;
}

interface Member {
  readonly spec: OwnFunctionSpec;
  readonly placed: PlacedInstance;
}

const NOTHING: PlacedChain = { placements: new Map(), roots: [] };
/** For so long old places stay: packets that the slow path was handed come back to them. */
const RETIRE_MS = 2000;

const positionsOf = ({ placements }: PlacedChain) => [...placements.values()].map(({ position }) => position);

/** A chain in an engine of this process; both paths of its functions end with it. */
export class EngineChain implements RunningChain {
  readonly lost: Promise<ChainError>;
  readonly mode = 'native';
  readonly #options: EngineChainOptions;
  readonly #wiring: EngineWiring;
  readonly #positions = new PositionPool();
  readonly #stack: AsyncDisposableStack;
  readonly #stop = new AbortController();
  /** Also those that are about to start, or to end. */
  readonly #instances = new Set<PlacedInstance>();
  #spec: ChainSpec;
  #members: ReadonlyMap<string, Member> = new Map();
  #placed: PlacedChain = NOTHING;
  /** Changes, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();

  constructor(options: EngineChainOptions) {
    this.#options = options;
    this.#spec = options.spec;
    this.lost = options.lost;
    this.#stack = options.owned;
    this.#wiring = this.#stack.use(new EngineWiring(options.host, options.identity.key));
    this.#stack.defer(() => this.#leave([...this.#instances]));
    this.#stack.defer(() => void this.#wiring.begin([]));
    const { state } = options;
    if (state === undefined) return;
    const timer = setInterval(() => void this.#after(() => this.#save()).catch(() => {}), state.periodMs);
    timer.unref();
    this.#stack.defer(() => clearInterval(timer));
  }

  get spec(): ChainSpec {
    return this.#spec;
  }

  get functions(): readonly RunningFunction[] {
    return this.#spec.functions.flatMap(({ name }) => this.#members.get(name)?.placed.instance ?? []);
  }

  get ports(): readonly RunningPort[] {
    return [...this.#options.ports].map(([name, { spec, hook }]) => {
      return {
        name,
        interface: spec.interface,
        namespace: spec.namespace,
        hook,
        why: 'the engine has the kernel’s hooks',
        mode: undefined,
        isFused: false,
        isWaiting: false,
      };
    });
  }

  configure(functionName: string, config: unknown): Promise<void> {
    return this.#after(async () => {
      await this.#find(functionName).placed.instance.configure(config);
      const functions = this.#spec.functions.map((one) => (one.name === functionName ? { ...one, config } : one));
      this.#spec = { ...this.#spec, functions };
    });
  }

  change(spec: ChainSpec): Promise<void> {
    return this.#after(() => this.#bring(spec));
  }

  replace(functionName: string, use: string): Promise<void> {
    return this.#after(async () => {
      const { spec } = this.#find(functionName);
      if (resolve(spec.use) === resolve(use)) {
        throw new RangeError(
          `function ${functionName} runs from ${use}: Node reads a file once, so another version needs another`,
        );
      }
      const functions = this.#spec.functions.map((one) => (one.name === functionName ? { ...one, use } : one));
      await this.#bring({ ...this.#spec, functions });
    });
  }

  async statistics(): Promise<ChainStatistics> {
    this.#requireRunning();
    const members = [...this.#members.values()];
    return { functions: await Promise.all(members.map(({ placed }) => placed.instance.statistics())) };
  }

  async stop(): Promise<void> {
    if (!this.#stop.signal.aborted) {
      this.#stop.abort();
      // A change that is under way ends first; later ones find the chain stopped.
      await this.#changes;
      await this.#save();
    }
    await this.#stack.disposeAsync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** What fails is said, and tried again the next time. */
  async #save(): Promise<void> {
    const { log, state } = this.#options;
    if (state === undefined) return;
    for (const [name, { placed }] of this.#members) {
      try {
        await placed.instance.save(state.fileOf(name));
      } catch (error) {
        log.error(`the tables of ${name} cannot be saved: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  #after(work: () => Promise<void>): Promise<void> {
    const change = this.#changes.then(() => {
      this.#requireRunning();
      return work();
    });
    this.#changes = change.catch(() => {});
    return change;
  }

  /** Steps that can fail, each with what takes it back; then steps that cannot. */
  async #bring(spec: ChainSpec): Promise<void> {
    using held = new DisposableStack();
    await using undo = new AsyncDisposableStack();
    const members = await this.#open(spec, undo);
    const { placed, places } = this.#plan(spec, members, undo);
    for (const [name, member] of members) {
      const own = places.get(name);
      if (own !== undefined) await this.#bringMember(member, own, held, undo);
    }
    this.#wiring.begin(placed.roots);
    undo.move();
    const before = { members: this.#members, placed: this.#placed };
    [this.#spec, this.#members, this.#placed] = [spec, members, placed];
    if (before.placed === NOTHING) return;
    const stay = new Set([...members.values()].map((one) => one.placed));
    const gone = [...before.members.values()].map((one) => one.placed).filter((one) => !stay.has(one));
    const here = new Set(positionsOf(placed));
    const old = positionsOf(before.placed).filter((position) => !here.has(position));
    delay(RETIRE_MS, undefined, { signal: this.#stop.signal, ref: false })
      .then(() => this.#after(() => this.#retire(old, gone)))
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#options.log.error(`what a change left cannot be taken away: ${error}`);
      });
  }

  /** Functions by name: those that are there already, and new ones. */
  async #open(spec: ChainSpec, undo: AsyncDisposableStack): Promise<ReadonlyMap<string, Member>> {
    const { name: chain } = this.#spec;
    if (spec.name !== chain) throw new RangeError(`chain ${chain} cannot become chain ${spec.name}`);
    if (JSON.stringify(spec.ports) !== JSON.stringify(this.#spec.ports)) {
      const hint = 'start it anew with other ports';
      throw new ChainError('TP_CHAIN_SPEC', chain, 'a chain in the engine keeps its ports', { hint, path: ['ports'] });
    }
    refusing(() => checkChain(spec));
    const members = new Map<string, Member>();
    for (const [index, one] of spec.functions.entries()) {
      if ('share' in one) {
        const hint = 'let both paths be in one chain';
        const path = ['functions', index, 'share'];
        throw new ChainError('TP_CHAIN_SPEC', chain, 'chains in the engine share no functions', { hint, path });
      }
      const present = this.#members.get(one.name);
      if (present !== undefined && present.spec.use === one.use) {
        members.set(one.name, { placed: present.placed, spec: one });
        continue;
      }
      const member = { spec: one, placed: await this.#import(one) };
      this.#instances.add(member.placed);
      undo.defer(() => this.#leave([member.placed]));
      members.set(one.name, member);
    }
    return members;
  }

  async #import({ name, use, worker = 'shared', onFailure = 'drop' }: OwnFunctionSpec): Promise<PlacedInstance> {
    const { host, identity, log } = this.#options;
    const { seed, key } = identity;
    const { pool = sharedPool(seed), clock } = this.#options;
    const instance = await openInstance({
      instance: { chain: this.#spec.name, name, use, key },
      home: new EngineHome({ functionName: name, host, wiring: this.#wiring, key }),
      wiring: this.#wiring,
      pool,
      log: this.#spec.functions.length > 1 ? prefixed(log, name) : log,
      worker,
      onFailure,
      seed,
      ...(clock && { clock }),
    });
    return new PlacedInstance(instance);
  }

  #plan(spec: ChainSpec, members: ReadonlyMap<string, Member>, undo: AsyncDisposableStack) {
    const { ports } = this.#options;
    const functions = new Map([...members].map(([name, { placed }]) => [name, placed.instance.spec] as const));
    const plan = refusing(() => {
      checkWiring(spec, functions);
      return planChain(spec, { functions, ports });
    });
    const allocate = () => this.#positions.allocate();
    const placed = refusing(() => placeChain(spec.name, plan, { present: this.#placed, allocate }));
    const before = new Set(positionsOf(this.#placed));
    const fresh = positionsOf(placed).filter((position) => !before.has(position));
    this.#wiring.expect(
      placed.placements.values(),
      new Map([...ports].map(([name, { ifindex }]) => [name, ifindex] as const)),
    );
    undo.defer(() => this.#forget(fresh));
    return { placed, places: instancePlaces({ spec, plan, placed, ports, arrays: {} }) };
  }

  async #bringMember(
    member: Member,
    places: InstancePlaces,
    held: DisposableStack,
    undo: AsyncDisposableStack,
  ): Promise<void> {
    const { spec, placed } = member;
    const chain = this.#spec.name;
    const present = this.#members.get(spec.name);
    if (present?.placed !== placed) {
      const adopt = present && this.#takeover(member, present, places, held, undo);
      await placed.start(spec.config, chain, places, { adopt, restore: this.#options.state?.fileOf(spec.name) });
      return;
    }
    const before = placed.placesIn(chain);
    await placed.place(chain, united(before, places));
    undo.defer(() => placed.place(chain, before));
    if (JSON.stringify(present.spec.config) === JSON.stringify(spec.config)) return;
    await placed.instance.configure(spec.config);
    undo.defer(() => placed.instance.configure(present.spec.config));
  }

  /** How a new instance goes on with the tables of the one before; `undefined`: it was another function. */
  #takeover(
    { placed: { instance } }: Member,
    { placed: before, spec: { config } }: Member,
    { placements }: InstancePlaces,
    held: DisposableStack,
    undo: AsyncDisposableStack,
  ): Takeover | undefined {
    const kept = held.use(this.#wiring.keep(placements.map(({ position }) => position)));
    const maps = held.use(this.#wiring.stock.keep(instance.name));
    const was = before.instance.spec.marks;
    const isSame = was.name === instance.spec.name;
    // What the new one has made of the tables, the old one makes its own again.
    if (isSame) undo.defer(() => before.instance.configure(config));
    undo.defer(() => {
      maps.restore();
      kept.restore();
    });
    if (!isSame) this.#wiring.stock.forget(instance.name);
    return isSame ? { was, freshEvents: true } : undefined;
  }

  async #retire(old: readonly number[], gone: readonly PlacedInstance[]): Promise<void> {
    const forgotten = new Set(old);
    for (const { placed } of this.#members.values()) {
      const places = placed.placesIn(this.#spec.name);
      if (places?.placements.some(({ position }) => forgotten.has(position)) !== true) continue;
      const placements = places.placements.filter(({ position }) => !forgotten.has(position));
      await placed.place(this.#spec.name, { ...places, placements });
    }
    this.#forget(old);
    await this.#leave(gone);
    this.#wiring.stock.removeBut([...this.#members.keys()]);
  }

  #forget(positions: readonly number[]): void {
    this.#wiring.forget(positions);
    this.#positions.free(positions);
  }

  async #leave(instances: readonly PlacedInstance[]): Promise<void> {
    for (const one of instances) if (this.#instances.delete(one)) await one.leave(this.#spec.name);
  }

  #find(name: string): Member {
    const found = this.#members.get(name);
    if (found !== undefined) return found;
    const names = [...this.#members.keys()].join(', ');
    throw new RangeError(`chain ${this.#spec.name} has no function ${name}; there is ${names}`);
  }

  #requireRunning(): void {
    if (!this.#stop.signal.aborted) return;
    throw new ChainError('TP_STOPPED', this.#spec.name, 'it was stopped', { hint: 'start it again' });
  }
}

/** @throws ChainError for what is wrong in the spec */
function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ChainSpecError ? refusedSpec(error) : error;
  }
}
