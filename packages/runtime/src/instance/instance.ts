import { HOPS } from '@twinpath/compiler/abi';
import type { Log } from '@twinpath/vnf';
import { type FunctionPlan, type IdlePlan, idlePlans, planFunction, unusedMaps } from '@twinpath/vnf/plan';
import { Ageing } from '../ageing.ts';
import type { FunctionMeasures } from '../chain/measures.ts';
import type { FunctionStatistics } from '../chain/statistics.ts';
import type { FunctionCode } from '../compile/function-compiler.ts';
import { ConfigError } from '../config/config-error.ts';
import { parseConfig, parseInput } from '../config/parse-config.ts';
import type { EventHandler } from '../data-plane.ts';
import type { InstancePlaces, InstancePlane } from '../instance-plane.ts';
import { HopWatch } from '../network/hop-watch.ts';
import { LiveNetwork } from '../network/live-network.ts';
import { Dispatcher } from '../slow-path/dispatcher.ts';
import { LimitedLog } from '../slow-path/limited-log.ts';
import { HostPorts } from '../slow-path/live-ports.ts';
import { SlowPathCounts } from '../slow-path/slow-path-counts.ts';
import type { StagedTables } from '../staging/staged-tables.ts';
import { counterValues } from '../tables/counter-values.ts';
import { InstanceState } from '../tables/state.ts';
import { type Clock, machineClock } from './clock.ts';
import { type ContextSources, configureContext, instanceContext, slowPathContext } from './contexts.ts';
import { Deployment } from './deployment.ts';
import { FullTables } from './full-tables.ts';
import { functionData } from './function-data.ts';
import { functionStatistics } from './function-statistics.ts';
import { changeHandlers, handlersOf } from './handlers.ts';
import type { FunctionData, InstanceHandle, StartOptions, TableEntry } from './instance-handle.ts';
import { refreshListeners } from './listener-words.ts';
import { hasDurable, readTables, saveTables } from './saved-tables.ts';
import { entriesOf } from './table-entries.ts';
import { Measures } from './take-measures.ts';

export interface InstanceOptions extends FunctionCode {
  readonly chain: string;
  readonly name: string;
  readonly plane: InstancePlane;
  readonly seed: number;
  readonly key: number;
  readonly log: Log;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

const TICK_MS = 1000;

/** One function, both paths, in the thread in which the author's code runs. */
export class Instance implements InstanceHandle {
  readonly name: string;
  /** What fails in the main thread ends that. */
  readonly isRunning = true;
  readonly #options: InstanceOptions;
  readonly #clock: Clock;
  readonly #plan: FunctionPlan;
  readonly #deployment: Deployment;
  readonly #ports: HostPorts;
  readonly #counts = new SlowPathCounts();
  readonly #limitedLog: LimitedLog;
  readonly #measures = new Measures();
  readonly #stop = new AbortController();
  readonly #running = new DisposableStack();
  #ageing: Ageing | undefined;
  #full: FullTables | undefined;
  #portChange: NodeJS.Immediate | undefined;
  #network: LiveNetwork | undefined;
  #hops: HopWatch | undefined;
  #config: unknown;
  #instance: object = {};

  constructor(options: InstanceOptions) {
    const { name, spec, compiler, plane, seed, key, log, clock = machineClock } = options;
    this.name = name;
    this.#options = options;
    this.#clock = clock;
    this.#plan = planFunction(spec);
    this.#deployment = new Deployment({
      plane,
      compiler,
      plan: this.#plan,
      unusedMaps: (config) => this.#unusedMaps(config),
      log,
      seed,
      key,
      seconds: clock.seconds,
    });
    this.#limitedLog = new LimitedLog(log);
    this.#ports = new HostPorts(plane, (error) => this.#failed(error));
  }

  get spec(): FunctionData {
    return functionData(this.#options.spec, this.#options.sends);
  }

  config(): unknown {
    return this.#config;
  }

  async start(
    given: unknown,
    places: InstancePlaces,
    { adopt, restore, discard = false }: StartOptions = {},
  ): Promise<void> {
    this.#options.plane.places = places;
    // As they are now: what changes from here on is told.
    this.#ports.check();
    this.#options.plane.onPortChange(() => this.#portChanged());
    const config = await parseConfig(this.name, this.#options.spec, given);
    const adopted = adopt !== undefined && this.#deployment.adopt(adopt);
    const saved = adopted || restore === undefined ? undefined : readTables(restore);
    if (saved !== undefined) this.#deployment.restore(saved);
    const idle = this.#idlePlans(config);
    const staged = await this.#configured(config, adopted ? config : undefined);
    this.#deployment.deploy(config, staged);
    this.#config = config;
    if (adopted && discard) this.#discardEvents();
    this.#watchHops();
    await this.#startSlowPath();
    const { tables } = this.#deployment;
    this.#ageing = new Ageing(tables.keyed.values(), (error) => this.#failed(error));
    this.#ageing.idle = idle;
    const { plane, log } = this.#options;
    this.#full = new FullTables(this.#plan, plane.maps, log);
    const timer = setInterval(() => this.tick(), TICK_MS);
    this.#running.defer(() => clearInterval(timer));
  }

  /** Where the function is wanted from now on. @throws what prevents it; everything is as it was then. */
  async place(places: InstancePlaces): Promise<void> {
    this.#deployment.place(places);
    this.#network?.placed();
    this.#hops?.placed();
    this.#portChanged();
  }

  /** @throws what prevents it; everything is as it was then. */
  async configure(given: unknown): Promise<void> {
    const config = await parseConfig(this.name, this.#options.spec, given);
    const idle = this.#idlePlans(config);
    const staged = await this.#configured(config, this.#config);
    this.#deployment.deploy(config, staged);
    this.#config = config;
    if (this.#ageing !== undefined) this.#ageing.idle = idle;
    try {
      staged.notify(this.#deployment.tables);
    } catch (error) {
      this.#failed(error);
    }
  }

  async save(file: string): Promise<void> {
    if (hasDurable(this.#plan)) await saveTables(file, this.#plan, this.#options.plane.maps);
  }

  async operate(name: string, input: unknown): Promise<unknown> {
    const { operations } = this.#options.spec;
    const operation = operations[name];
    if (operation === undefined) {
      const known = Object.keys(operations).join(', ') || 'none';
      throw new RangeError(`function ${this.name} has no operation ${name}; there are ${known}`);
    }
    return operation.run(this.#instance, await parseInput(`${this.name}, operation ${name}`, operation.input, input));
  }

  /** Once a second, and when the clock was moved. What fails is tried again the next time. */
  tick(): void {
    const { plane } = this.#options;
    try {
      const seconds = this.#clock.seconds();
      new InstanceState(plane.maps).seconds = seconds;
      // The map may be another one.
      this.#tellHops();
      this.#ageing?.tick(seconds);
      this.#full?.check(plane.maps, seconds);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Once for all that the kernel tells at a time. */
  #portChanged(): void {
    this.#portChange ??= setImmediate(() => {
      this.#portChange = undefined;
      try {
        const { plane, log } = this.#options;
        plane.refreshPorts();
        refreshListeners({ plan: this.#plan, plane, log });
        this.#ports.check();
      } catch (error) {
        this.#failed(error);
      }
    });
  }

  async statistics(): Promise<FunctionStatistics> {
    const { lostAtSockets = 0 } = this.#options.plane;
    return functionStatistics({
      name: this.name,
      plan: this.#plan,
      values: this.counts(),
      programs: this.#deployment.programs,
      slowPath: { ...this.#counts.statistics(), lostAtSockets },
    });
  }

  /** What programs have counted, by the plan's names. */
  counts(): ReadonlyMap<string, number> {
    return counterValues(this.#plan, this.#options.plane.maps);
  }

  /** What the author calls that which decided. */
  nameOfDecision(decision: number): string | undefined {
    return this.#options.spec.nameOfDecision?.(decision, this.#config);
  }

  async measures(): Promise<FunctionMeasures> {
    const { tables, lastChange, fronts } = this.#deployment;
    const { spec, plane } = this.#options;
    const given = { plan: this.#plan, spec, config: this.#config, maps: plane.maps };
    return this.#measures.take({ ...given, tables, lastChange, fronts });
  }

  async entries(table: string): Promise<readonly TableEntry[]> {
    return entriesOf(this.#deployment.tables, table);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#ageing?.stop();
    clearImmediate(this.#portChange);
    this.#running.dispose();
    this.#deployment[Symbol.dispose]();
    this.#options.plane[Symbol.dispose]();
  }

  async #configured(config: unknown, previous: unknown): Promise<StagedTables> {
    const { spec } = this.#options;
    const staged = this.#deployment.stage();
    const configs = { config, previous };
    try {
      await spec.configure?.(configureContext(this.#instanceOptions(), staged.live, staged.maps, configs));
    } catch (error) {
      throw refused(this.name, config, error);
    }
    // Nobody waits any more: what comes now would stay on the host.
    this.#stop.signal.throwIfAborted();
    return staged;
  }

  #idlePlans(config: unknown): ReadonlyMap<string, IdlePlan> {
    try {
      return idlePlans(this.#plan, this.#options.spec.idleTimeouts?.(config) ?? {});
    } catch (error) {
      throw refused(this.name, config, error);
    }
  }

  #unusedMaps(config: unknown): ReadonlySet<string> {
    try {
      return unusedMaps(this.#plan, this.#options.spec.unusedTables?.(config) ?? []);
    } catch (error) {
      throw refused(this.name, config, error);
    }
  }

  async #startSlowPath(): Promise<void> {
    const { plane, spec } = this.#options;
    const [options, { tables }] = [this.#instanceOptions(), this.#deployment];
    this.#instance = instanceContext(options, tables, plane.maps, () => this.#config);
    this.#network = this.#running.use(this.#openNetwork());
    const context = slowPathContext(this.#instance, this.#network, options, this.#stop.signal);
    const given = await spec.slowPath?.(context);
    this.#stop.signal.throwIfAborted();
    const handlers = new Map([...handlersOf(this.#options, given), ...changeHandlers(this.#plan, tables)]);
    const { packetOut } = plane;
    const answering = {
      packetOut,
      counts: this.#counts,
      log: this.#limitedLog,
      places: () => plane.places,
      writes: plane.maps.writes,
    };
    const dispatcher = this.#running.use(new Dispatcher(this.#plan, answering, handlers));
    const receive: EventHandler = (memory, offset, length) => dispatcher.receive(memory, offset, length);
    this.#running.use(plane.listen(receive, () => dispatcher.drained()));
  }

  #watchHops(): void {
    const { plane } = this.#options;
    if (plane.asksKernel !== true || !plane.hasMap(HOPS)) return;
    this.#hops = this.#running.use(
      new HopWatch({
        ports: () => plane.places.ports,
        watch: (fd, onEvent) => plane.watch(fd, onEvent),
        changed: () => this.#tellHops(),
      }),
    );
    this.#tellHops();
  }

  #tellHops(): void {
    if (this.#hops !== undefined) new InstanceState(this.#options.plane.maps).network = this.#hops.remembered;
  }

  #openNetwork(): LiveNetwork {
    const { plane } = this.#options;
    return new LiveNetwork({
      ports: () => plane.places.ports,
      watch: (fd, onEvent) => plane.watch(fd, onEvent),
      failed: (error) => this.#failed(error),
      warn: (kind, text) => this.#limitedLog.write('warn', kind, text),
    });
  }

  #discardEvents(): void {
    const count = this.#options.plane.discardEvents();
    if (count > 0) this.#options.log.warn(`${count} packets that waited for the slow path are lost`);
  }

  #instanceOptions(): ContextSources {
    const { plane, log } = this.#options;
    const failed = (error: unknown) => this.#failed(error);
    return { plan: this.#plan, ports: this.#ports, cpus: plane.cpus, clock: this.#clock, log, failed };
  }

  /** A task or a listener of the author's threw. */
  #failed(error: unknown): void {
    this.#counts.handlerErrors++;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#limitedLog.write('error', 'task', `the slow path failed: ${text}`);
  }
}

function refused(name: string, config: unknown, error: unknown): ConfigError {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof Error && 'hint' in error ? String(error.hint) : 'what the function can be brought to';
  return new ConfigError(
    name,
    [{ path: [], value: config, wrong: `it cannot be brought about: ${message}`, right: hint }],
    error,
  );
}
