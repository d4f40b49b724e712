import type { Log } from '@twinpath/vnf';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { useHashSeed } from '@twinpath/vnf/spec';
import { Chain, type ChainOptions } from '../chain/chain.ts';
import { consoleLog } from '../chain/console-log.ts';
import { identityOf } from '../chain/identity.ts';
import type { OpenPort } from '../chain/open-port.ts';
import type { RunningChain } from '../chain/running.ts';
import type { PortState } from '../data-plane.ts';
import { StateDirectory } from '../host/state-directory.ts';
import { StandingClock } from '../instance/clock.ts';
import { Instance } from '../instance/instance.ts';
import { begun, EngineGround, fixedPorts } from './engine-ground.ts';
import { type FunctionStep, stepOf } from './function-step.ts';
import { LocalHost, type Side } from './local-host.ts';

export interface SimulatedOptions {
  /** Where the slow path's lines go; default: standard error, without those for debugging. */
  readonly log?: Log;
  /** What ports are, by name; default: up, with an MTU of 1500 and MAC addresses 02:00:00:00:01:00, 01 and so on. */
  readonly ports?: Readonly<Record<string, Partial<PortState>>>;
  /** Interfaces of listeners that reasons name. */
  readonly listeners?: readonly string[];
  /** Where tables that declare `durable` are kept; default: nowhere. */
  readonly stateDirectory?: string;
  /** `stands`: of `packet.now` and of entries that age; it moves by `advance` alone. Timers of slow paths are the machine's. Default: the
   *  machine's time. */
  readonly time?: 'runs' | 'stands';
}

/** A frame and where it came out. */
export interface SentFrame {
  /** Of the chain, or a listener's interface. */
  readonly port: string;
  /** `wire`: it left by the port. `host`: the host behind the port got it. */
  readonly side: Side;
  readonly bytes: Uint8Array;
}

/** A chain whose ports are memory: needs no network, and no privileges. */
export interface SimulatedChain extends RunningChain {
  /** A frame comes by the port's wire, or the host sends it by the port. What it leads to without the slow path has happened when this
   *  returns. */
  send(port: string, side: Side, frame: Uint8Array): void;
  /** What has come out since the last time, in order. */
  take(): readonly SentFrame[];
  /** As `send`; what fast paths of functions that saw it said, in the order of the chain's functions. */
  trace(port: string, side: Side, frame: Uint8Array): readonly FunctionStep[];
  /** Lets nanoseconds pass. @throws RangeError for a time that runs */
  advance(nanoseconds: number): void;
}

class MemoryChain extends Chain<OpenPort> implements SimulatedChain {
  readonly #local: LocalHost;
  readonly #names: readonly string[];
  readonly #clock: StandingClock | undefined;

  constructor(
    { host, names, clock }: { host: LocalHost; names: readonly string[]; clock: StandingClock | undefined },
    options: ChainOptions<OpenPort>,
  ) {
    super(options);
    this.#clock = clock;
    this.#local = host;
    this.#names = names;
  }

  send(port: string, side: Side, frame: Uint8Array): void {
    const index = this.#names.indexOf(port);
    if (index < 0) throw new RangeError(`there is no port ${port}; there is ${this.#names.join(', ')}`);
    this.#local.send(index + 1, side, frame);
  }

  trace(port: string, side: Side, frame: Uint8Array): readonly FunctionStep[] {
    const seen = this.#instances.map((one) => [one, one.counts()] as const);
    this.send(port, side, frame);
    return seen.flatMap(([one, before]) => stepOf(one, before) ?? []);
  }

  advance(nanoseconds: number): void {
    if (this.#clock === undefined)
      throw new RangeError("the chain's time runs by itself: start it with `time: 'stands'`");
    this.#clock.advance(nanoseconds);
    for (const one of this.#instances) one.tick();
  }

  get #instances(): readonly Instance[] {
    return this.functions.flatMap((one) => (one instanceof Instance ? one : []));
  }

  take(): readonly SentFrame[] {
    return this.#local
      .take()
      .map(({ ifindex, side, bytes }) => ({ port: this.#names[ifindex - 1] ?? '', side, bytes }));
  }
}

/**
 * Runs a chain, both paths of its functions, in the user-space engine of this thread, on frames that it is given.
 * @throws ChainError, ConfigError, CompileError; nothing is left then.
 *
 * @example
 * const firewall = { name: 'firewall', use: 'firewall.vnf.ts', config: { rules: [] } };
 * await using chain = await startSimulatedChain(lineChain('edge', { interface: 'eth1' }, [firewall]));
 * chain.send('eth1', 'wire', packetFromText('ip 192.0.2.1 > 192.0.2.2 / udp 5 > 7'));
 */
export async function startSimulatedChain(spec: ChainSpec, options: SimulatedOptions = {}): Promise<SimulatedChain> {
  const { log = consoleLog(spec.name), listeners = [], stateDirectory } = options;
  const identity = identityOf(undefined);
  useHashSeed(identity.seed);
  const names = [...Object.keys(spec.ports), ...listeners];
  const clock = options.time === 'stands' ? new StandingClock() : undefined;
  const interfaces = names.map((name, index) => ({ name, state: stateOf(index, options.ports?.[name]) }));
  const host = new LocalHost(interfaces, clock?.ns);
  const ports = new Map(
    Object.entries(spec.ports).map(([name, port], index): [string, OpenPort] => {
      const hook = port.hook === 'tcx' ? 'tcx' : 'xdp';
      return [name, { spec: port, ifindex: index + 1, hook, mode: 'native' }];
    }),
  );
  const state = stateDirectory === undefined ? undefined : new StateDirectory(stateDirectory, spec.name);
  const lost = new Promise<never>(() => {});
  await using owned = new AsyncDisposableStack();
  const given = { chain: spec.name, host, ports: fixedPorts(ports), identity, log, lost, ...(clock && { clock }) };
  const ground = owned.use(new EngineGround(given));
  const chain = new MemoryChain({ host, names, clock }, { spec, ground, ports, log, state, owned: owned.move() });
  return begun(chain, spec);
}

const MTU = 1500;

function stateOf(index: number, given: Partial<PortState> = {}): PortState {
  const mac = `02:00:00:00:01:${index.toString(16).padStart(2, '0')}`;
  return { mac, mtu: MTU, up: true, addresses: [], ...given };
}
