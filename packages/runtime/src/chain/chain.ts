import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@twinpath/vnf';
import {
  type ChainFunctionSpec,
  type ChainSpec,
  ChainSpecError,
  checkChain,
  checkWiring,
  type OwnFunctionSpec,
  type PlacedChain,
  placeChain,
  planChain,
} from '@twinpath/vnf/chain';
import type { StateDirectory } from '../host/state-directory.ts';
import type { InstanceHandle } from '../instance/instance-handle.ts';
import type { InstancePlaces } from '../instance-plane.ts';
import { ChainError, refusedSpec } from './chain-error.ts';
import { type HookNeeded, hookInstead, leavesHookOpen } from './choose-hook.ts';
import type { ChainAbove, ChainGround, OpenedFunction } from './ground.ts';
import { instancePlaces } from './instance-places.ts';
import { isSameFunction, type Member, MemberChange } from './member.ts';
import type { OpenPort } from './open-port.ts';
import type { PlacedInstance } from './placed-instance.ts';
import { PositionPool } from './position-pool.ts';
import type { ReplaceOptions, RunningChain, RunningPort } from './running.ts';
import type { ChainStatistics } from './statistics.ts';

export interface ChainOptions<Port extends OpenPort> {
  readonly spec: ChainSpec;
  readonly ground: ChainGround<Port>;
  /** Of the spec. */
  readonly ports: ReadonlyMap<string, Port>;
  readonly log: Log;
  /** Where durable tables are kept; `undefined`: nowhere. */
  readonly state: StateDirectory | undefined;
  /** What goes with the chain, behind all that is its own; the ground is among it. */
  readonly owned: AsyncDisposableStack;
}

/** What a change leads to. */
interface Next<Port extends OpenPort> {
  readonly spec: ChainSpec;
  readonly members: ReadonlyMap<string, Member>;
  readonly ports: ReadonlyMap<string, Port>;
  readonly placed: PlacedChain;
  readonly places: ReadonlyMap<string, InstancePlaces>;
}

const NOTHING: PlacedChain = { placements: new Map(), roots: [] };
const positions = new PositionPool();
/** For so long old places stay: packets that the slow path was handed come back to them. */
const RETIRE_MS = 2000;
/** For so long a slow path that is new must not fail, or the one before goes on. */
const PROBATION_MS = 300;

const positionsOf = ({ placements }: PlacedChain) => [...placements.values()].map(({ position }) => position);

export class Chain<Port extends OpenPort> implements RunningChain, AsyncDisposable {
  readonly lost: Promise<ChainError>;
  readonly #options: ChainOptions<Port>;
  readonly #ground: ChainGround<Port>;
  readonly #stack: AsyncDisposableStack;
  readonly #stop = new AbortController();
  #isAbandoned = false;
  /** Also those that are about to start, or to end. */
  readonly #instances = new Set<PlacedInstance>();
  #spec: ChainSpec;
  #members: ReadonlyMap<string, Member> = new Map();
  #ports: ReadonlyMap<string, Port>;
  #placed: PlacedChain = NOTHING;
  /** Positions of what was left behind. */
  readonly #inherited: readonly number[];
  /** What was left had been brought to this. */
  readonly #left: ChainSpec | undefined;
  /** Positions that stay for a while behind a change. */
  readonly #retiring = new Set<number>();
  /** Goes on with what was left behind, until the first change is done. */
  #adopts: boolean;
  /** Changes, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();

  constructor(options: ChainOptions<Port>) {
    const { spec, ground, ports, state, owned } = options;
    this.#options = options;
    this.#ground = ground;
    this.lost = ground.lost;
    this.#ports = ports;
    this.#stack = owned;
    this.#spec = spec;
    this.#stack.defer(() => positions.free([...positionsOf(this.#placed), ...this.#inherited, ...this.#retiring]));
    this.#stack.defer(() => this.#leaveAll());
    this.#stack.defer(() => ground.wiring.endOthers([]));
    const left = ground.carry(this.#above());
    this.#adopts = left !== undefined;
    this.#left = left?.spec;
    this.#inherited = positions.reserve(left?.occupied ?? []);
    if (left !== undefined) this.#placed = this.#adopted(left.placed);
    if (state === undefined) return;
    const timer = setInterval(() => void this.#after(() => this.#save()).catch(() => {}), state.periodMs);
    timer.unref();
    this.#stack.defer(() => clearInterval(timer));
  }

  get spec(): ChainSpec {
    return this.#spec;
  }

  get functions(): readonly InstanceHandle[] {
    return this.#spec.functions.flatMap(({ name }) => this.#members.get(name)?.placed.instance ?? []);
  }

  get ports(): readonly RunningPort[] {
    return [...this.#ports].map(([name, port]) => ({
      name,
      interface: port.spec.interface,
      namespace: port.spec.namespace,
      hook: port.hook,
      ...this.#ground.describe(name, port),
    }));
  }

  get mode(): 'native' | 'generic' {
    return this.ports.some(({ mode }) => mode === 'generic') ? 'generic' : 'native';
  }

  /** For a chain that shares a function of this one. */
  member(name: string): OpenedFunction | undefined {
    return this.#members.get(name);
  }

  /** Functions that it shares were replaced where they are from. */
  follow(): Promise<void> {
    return this.#after(() => this.#bring(this.#spec)).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.log.error(`it goes on with the functions of other chains as they were: ${why}`);
    });
  }

  configure(functionName: string, config: unknown): Promise<void> {
    return this.#after(async () => {
      await this.#find(functionName).placed.instance.configure(config);
      const functions = this.#spec.functions.map((one) => (one.name === functionName ? { ...one, config } : one));
      this.#spec = { ...this.#spec, functions };
      await this.#store();
      await this.#fuse();
    });
  }

  change(spec: ChainSpec): Promise<void> {
    return this.#after(() => this.#bring(spec));
  }

  replace(functionName: string, use: string, { probationMs = PROBATION_MS }: ReplaceOptions = {}): Promise<void> {
    return this.#after(async () => {
      const { spec } = this.#find(functionName);
      if ('share' in spec) throw new RangeError(`function ${functionName} is that of ${spec.share}: replace it there`);
      if (resolve(spec.use) === resolve(use)) {
        throw new RangeError(
          `function ${functionName} runs from ${use}: Node reads a file once, so another version needs another`,
        );
      }
      const functions = this.#spec.functions.map((one) => (one.name === functionName ? { ...one, use } : one));
      await this.#bring({ ...this.#spec, functions }, probationMs);
    });
  }

  async statistics(): Promise<ChainStatistics> {
    this.#requireRunning();
    return { functions: await Promise.all(this.functions.map((one) => one.statistics())) };
  }

  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return this.#stack.disposeAsync();
    this.#stop.abort();
    // A change that is under way ends first; later ones find the chain stopped.
    await this.#changes;
    await this.#save();
    await this.#stack.disposeAsync();
    this.#ground.forget();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Gives up a start that does not end. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    this.#stop.abort();
    await this.#stack.disposeAsync();
  }

  /** The chain runs all the same where that fails. */
  async #store(): Promise<void> {
    // Given up, or stopped meanwhile.
    if (this.#stop.signal.aborted) return;
    try {
      await this.#ground.store(this.#spec);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.log.warn(`a reboot will not bring the chain back, because its spec cannot be stored: ${why}`);
    }
  }

  /** What fails is said, and tried again the next time. */
  async #save(): Promise<void> {
    const { log, state } = this.#options;
    if (state === undefined) return;
    for (const [name, { placed, spec }] of this.#members) {
      if ('share' in spec) continue;
      try {
        await placed.instance.save(state.fileOf(name));
      } catch (error) {
        log.error(`the tables of ${name} cannot be saved: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  /** Where that cannot be, packets go on by tail calls. */
  async #fuse(): Promise<void> {
    const { run = 'tail-calls' } = this.#spec;
    if (run === 'tail-calls' || this.#stop.signal.aborted) return;
    const fusing = this.#ground.fuse().catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.log.warn(`its functions stay programs of their own, because they cannot be fused: ${why}`);
    });
    const said = fusing.then(() => this.#sayUnfused(run === 'fused' ? 'warn' : 'info'));
    if (run === 'fused') await said;
  }

  #sayUnfused(level: 'warn' | 'info'): void {
    for (const { name: port, unfused } of this.ports) {
      for (const { name, direction, why } of unfused) {
        const packets = `${direction === 'ingress' ? 'what enters' : 'what leaves'} by ${port}`;
        this.#options.log[level](`${packets} goes on to ${name} by tail calls, not in one program: ${why}`);
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

  /** Where functions cannot do with the hook that suits a port which leaves it open, such ports have the other. */
  async #bring(spec: ChainSpec, probationMs = 0): Promise<void> {
    try {
      await this.#attempt(spec, undefined, probationMs);
    } catch (error) {
      const needed = Object.values(spec.ports).some(leavesHookOpen) ? hookInstead(error) : undefined;
      if (needed === undefined) throw error;
      try {
        await this.#attempt(spec, needed, probationMs);
      } catch (again) {
        throw hookInstead(again) === undefined ? again : error;
      }
    }
  }

  /** Steps that can fail, each with what takes it back; then steps that cannot. */
  async #attempt(spec: ChainSpec, needed: HookNeeded | undefined, probationMs: number): Promise<void> {
    using held = new DisposableStack();
    await using undo = new AsyncDisposableStack();
    const next = await this.#plan(spec, needed, undo);
    const { members, placed, places, ports } = next;
    const replaced = [...members.values()].filter(
      ({ placed: one, spec: { name } }) => this.#members.has(name) && this.#members.get(name)?.placed !== one,
    );
    const change = this.#memberChange(held, undo);
    for (const [name, member] of members) {
      const own = places.get(name);
      if (own !== undefined) await change.bring(member, this.#members.get(name), own);
    }
    this.#ground.prepare(ports);
    const back = this.#ground.wiring.begin(placed.roots);
    undo.defer(back);
    await healthy(replaced, probationMs);
    const functions = Object.fromEntries(
      [...members].map(([name, { placed: own }]) => [name, own.instance.spec.marks]),
    );
    this.#ground.settle({ spec, ports, placed, functions });
    undo.move();
    this.#take(next);
    await this.#ground.begun(ports);
    await this.#store();
    await this.#ground.replaced(replaced.map(({ spec: { name } }) => name));
    await this.#fuse();
  }

  /** The port's interface is another one of the same name: what was attached to the one before is gone with it. */
  async #reopen(port: string): Promise<void> {
    const before = this.#ports;
    this.#ports = new Map([...before].filter(([name]) => name !== port));
    this.#ground.letGo(port);
    try {
      await this.#bring(this.#spec);
    } catch (error) {
      this.#ports = before;
      throw error;
    }
  }

  #memberChange(held: DisposableStack, undo: AsyncDisposableStack): MemberChange {
    const { state } = this.#options;
    const { wiring, maps } = this.#ground;
    return new MemberChange({
      ...{ chain: this.#spec.name, wiring, maps, state, held, undo },
      ...{ adopts: this.#adopts, left: this.#left },
      leave: (placed) => this.#leave(placed),
    });
  }

  /** Its places count as those of the present chain: those that stay keep their numbers. */
  #adopted({ placements, roots }: PlacedChain): PlacedChain {
    const own = new Set(this.#inherited);
    // Numbers that another chain of this process has, too, must change.
    const kept = [...placements].filter(([, { position }]) => own.has(position));
    return { placements: new Map(kept), roots };
  }

  #above(): ChainAbove<Port> {
    const ports = () => this.#ports;
    return {
      get ports() {
        return ports();
      },
      returned: (port) => this.#after(() => this.#reopen(port)),
      // Functions change their programs themselves, too, for larger tables.
      unfused: () => void this.#after(() => this.#fuse()).catch(() => {}),
    };
  }

  async #plan(spec: ChainSpec, needed: HookNeeded | undefined, undo: AsyncDisposableStack): Promise<Next<Port>> {
    const { name } = spec;
    if (name !== this.#spec.name) throw new RangeError(`chain ${this.#spec.name} cannot become chain ${name}`);
    try {
      checkChain(spec);
      const members = await this.#open(spec, undo);
      const functions = new Map([...members].map(([of, { face }]) => [of, face] as const));
      checkWiring(spec, functions);
      const ports = await this.#ground.openPorts(spec, this.#ports, undo, needed);
      const plan = planChain(spec, { functions, ports });
      const allocate = () => positions.allocate();
      const placed = placeChain(name, plan, { present: this.#placed, allocate });
      const before = new Set(positionsOf(this.#placed));
      const fresh = positionsOf(placed).filter((position) => !before.has(position));
      undo.defer(() => {
        this.#ground.wiring.forget(fresh);
        positions.free(fresh);
      });
      this.#ground.wiring.expect(placed.placements.values(), ports);
      const places = instancePlaces({ spec, plan, placed, ports, arrays: this.#ground.arrays });
      return { spec, members, ports, placed, places };
    } catch (error) {
      if (!(error instanceof ChainSpecError)) throw error;
      throw refusedSpec(error);
    }
  }

  /** Functions by name: those that are there already, and new ones. */
  async #open(spec: ChainSpec, undo: AsyncDisposableStack): Promise<ReadonlyMap<string, Member>> {
    const members = new Map<string, Member>();
    for (const one of spec.functions) {
      const present = this.#members.get(one.name);
      const same = present !== undefined && isSameFunction(present.spec, one) ? present : undefined;
      // What another chain has put in its place is here, too.
      const opened = same === undefined || 'share' in one ? await this.#ground.open(one, spec) : same;
      if (same !== undefined && opened.placed === same.placed) {
        if (!('share' in one) && !saysTheSame(same.spec, one))
          this.#ground.listen(spec, one, same.placed.instance.spec.reasons);
        members.set(one.name, { ...same, spec: one });
        continue;
      }
      this.#instances.add(opened.placed);
      undo.defer(() => this.#leave(opened.placed));
      if (this.#isAbandoned) throw this.#stopped();
      members.set(one.name, { ...opened, spec: one });
    }
    return members;
  }

  /** Nothing here fails; old places stay for a while. */
  #take({ spec, members, ports, placed }: Next<Port>): void {
    const before = { members: this.#members, placed: this.#placed };
    [this.#spec, this.#members, this.#ports, this.#placed] = [spec, members, ports, placed];
    this.#adopts = false;
    this.#ground.wiring.endOthers(placed.roots);
    if (before.placed === NOTHING) return;
    const here = new Set(positionsOf(placed));
    const old = positionsOf(before.placed).filter((position) => !here.has(position));
    for (const position of old) this.#retiring.add(position);
    const stay = new Set([...members.values()].map((member) => member.placed));
    const gone = [...before.members].filter(([, member]) => !stay.has(member.placed));
    delay(RETIRE_MS, undefined, { signal: this.#stop.signal, ref: false })
      .then(() => this.#after(() => this.#retire(old, gone)))
      .catch((error: unknown) => {
        // Stopping takes everything away at once.
        if (!this.#stop.signal.aborted) this.#options.log.error(`what a change left cannot be taken away: ${error}`);
      });
  }

  async #retire(old: readonly number[], gone: readonly (readonly [string, Member])[]): Promise<void> {
    this.#ground.wiring.forget(old);
    this.#ground.retired();
    positions.free(old);
    for (const position of old) this.#retiring.delete(position);
    const forgotten = new Set(old);
    for (const { placed } of this.#members.values()) {
      const places = placed.placesIn(this.#spec.name);
      if (places?.placements.some(({ position }) => forgotten.has(position)) !== true) continue;
      const placements = places.placements.filter(({ position }) => !forgotten.has(position));
      await placed.place(this.#spec.name, { ...places, placements });
    }
    for (const [, { placed }] of gone) await this.#leave(placed);
    this.#ground.maps.removeMapsBut([...this.#members.keys()]);
  }

  async #leave(placed: PlacedInstance): Promise<void> {
    if (!this.#instances.delete(placed)) return;
    await placed.leave(this.#spec.name);
  }

  async #leaveAll(): Promise<void> {
    for (const placed of [...this.#instances]) await this.#leave(placed);
  }

  #find(name: string): Member {
    const found = this.#members.get(name);
    if (found !== undefined) return found;
    const names = [...this.#members.keys()].join(', ');
    throw new RangeError(`chain ${this.#spec.name} has no function ${name}; there is ${names}`);
  }

  #stopped(): ChainError {
    return new ChainError('TP_STOPPED', this.#spec.name, 'it was stopped', { hint: 'start it again' });
  }

  #requireRunning(): void {
    if (this.#stop.signal.aborted) throw this.#stopped();
  }
}

/** Whether those that are new do what can be asked of them, now and for a while. @throws what is wrong */
async function healthy(members: readonly Member[], probationMs: number): Promise<void> {
  if (members.length === 0) return;
  await delay(probationMs);
  for (const { placed, spec } of members) {
    const { slowPath } = await placed.instance.statistics();
    if (!placed.instance.isRunning || slowPath.restarts > 0)
      throw new Error(`the slow path of ${spec.name} failed as soon as it had begun`);
  }
}

/** Of reasons. */
function saysTheSame(a: ChainFunctionSpec, b: OwnFunctionSpec): boolean {
  return 'use' in a && JSON.stringify(a.reasons) === JSON.stringify(b.reasons);
}
