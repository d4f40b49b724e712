import { randomInt } from 'node:crypto';
import { type ImportedVnf, importVnf } from '@twinpath/compiler';
import { enableRuntimeStats } from '@twinpath/ebpf';
import type { Log } from '@twinpath/vnf';
import { useHashSeed } from '@twinpath/vnf/spec';
import type { DataPlane } from '../data-plane.ts';
import { checkName, HostClaim } from '../host/claim.ts';
import { KernelPlane, type KernelPlaneOptions } from '../kernel/kernel-plane.ts';
import { ChainError } from './chain-error.ts';
import { ChainFunction } from './chain-function.ts';
import { checkSpec } from './check-spec.ts';
import { consoleLog } from './console-log.ts';
import { type OpenPort, openPort } from './open-port.ts';
import { requireFeatures, requirePrivileges } from './requirements.ts';
import type { RunningChain } from './running.ts';
import type { ChainFunctionSpec, ChainSpec } from './spec.ts';
import type { ChainStatistics } from './statistics.ts';

export interface StartOptions {
  /** Where the slow path's lines go; default: standard error, without those for debugging. */
  readonly log?: Log;
  /** Let the kernel measure how long programs run; costs each run some 20 ns. Since 5.8. */
  readonly runTimeStatistics?: boolean;
  /** Gives up starting, for a function whose `configure` or `slowPath` never returns. */
  readonly signal?: AbortSignal;
  /** Default: the kernel. */
  readonly plane?: (options: KernelPlaneOptions) => DataPlane;
}

const TICK_MS = 1000;
/** Of `hash`: one for all instances of the process, because authors' code may hash outside of any. */
const SEED = randomInt(2 ** 32);

/**
 * Puts a chain on this host: everything, or nothing.
 * @throws ChainError, ConfigError, CompileError, UnsupportedFeatureError, SyscallError; nothing is left on the host then.
 *
 * @example
 * await using chain = await startChain({
 *   name: 'edge',
 *   port: { interface: 'eth1' },
 *   functions: [{ name: 'firewall', use: 'firewall.vnf.ts', config: { rules: [] } }],
 * });
 */
export async function startChain(spec: ChainSpec, options: StartOptions = {}): Promise<RunningChain> {
  const only = checkSpec(spec);
  requirePrivileges(spec.name);
  checkName(spec.name);
  await using stack = new AsyncDisposableStack();
  const port = openPort(spec);
  stack.use(port.namespace);
  const imported = await importVnf(only.use);
  requireFeatures(imported.spec);
  checkSupported(spec, only, imported);
  useHashSeed(SEED);
  const claim = stack.use(claimHost(spec, port));
  if (options.runTimeStatistics === true) stack.use(enableRuntimeStats());
  const key = randomInt(1, 2 ** 32);
  const { makePlane, log } = settings(spec, only, options);
  const plane = stack.use(
    makePlane({
      ...port,
      key,
      mode: spec.mode ?? 'native',
      functionName: only.name,
      pins: claim.pins,
      chain: spec.name,
      log: {
        onLink: (hook, id) => claim.addLink({ hook, id }),
        onFilter: (hook, place) => claim.addFilter({ hook, place }),
      },
    }),
  );
  const made = { chain: spec.name, name: only.name, imported, plane, port: spec.port.interface, seed: SEED, key, log };
  const one = stack.use(new ChainFunction(made));
  await begun(one.start(only.config), spec.name, options.signal);
  const timer = setInterval(() => one.tick(), TICK_MS);
  stack.defer(() => clearInterval(timer));
  return new Chain(spec, one, plane, stack.move());
}

/** Waits also when nothing else keeps the process alive: a promise of the author's does not. @throws ChainError when given up. */
async function begun(starting: Promise<void>, chain: string, signal: AbortSignal | undefined): Promise<void> {
  using stack = new DisposableStack();
  const timer = setInterval(() => {}, 2 ** 30);
  stack.defer(() => clearInterval(timer));
  const givenUp = new Promise<never>((_, reject) => {
    const giveUp = () => {
      const hint = 'what `configure` and `slowPath` of the function wait for did not come';
      reject(new ChainError('TP_STOPPED', chain, 'it was told to end while it started', { hint }));
    };
    if (signal?.aborted === true) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    stack.defer(() => signal?.removeEventListener('abort', giveUp));
  });
  await Promise.race([starting, givenUp]);
}

class Chain implements RunningChain {
  readonly spec: ChainSpec;
  readonly functions: readonly ChainFunction[];
  readonly #plane: DataPlane;
  readonly #stack: AsyncDisposableStack;
  /** Changes of configuration, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();

  constructor(spec: ChainSpec, only: ChainFunction, plane: DataPlane, stack: AsyncDisposableStack) {
    this.spec = spec;
    this.functions = [only];
    this.#plane = plane;
    this.#stack = stack;
  }

  get mode(): 'native' | 'generic' {
    return this.#plane.mode;
  }

  configure(functionName: string, config: unknown): Promise<void> {
    const change = this.#changes.then(() => this.#find(functionName).configure(config));
    this.#changes = change.catch(() => {});
    return change;
  }

  statistics(): ChainStatistics {
    this.#requireRunning();
    return { functions: this.functions.map((one) => one.statistics()) };
  }

  async stop(): Promise<void> {
    if (this.#stack.disposed) return;
    // A change that is under way ends first; later ones find the chain stopped.
    await this.#changes;
    await this.#stack.disposeAsync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #find(name: string): ChainFunction {
    this.#requireRunning();
    const found = this.functions.find((one) => one.name === name);
    if (found !== undefined) return found;
    const names = this.functions.map((one) => one.name).join(', ');
    throw new RangeError(`chain ${this.spec.name} has no function ${name}; there is ${names}`);
  }

  #requireRunning(): void {
    if (!this.#stack.disposed) return;
    throw new ChainError('TP_STOPPED', this.spec.name, 'it was stopped', { hint: 'start it again' });
  }
}

function claimHost({ name, port }: ChainSpec, { ifindex }: OpenPort): HostClaim {
  return new HostClaim({ chain: name, interface: port.interface, ifindex, namespace: port.namespace });
}

function settings({ name }: ChainSpec, only: ChainFunctionSpec, options: StartOptions) {
  const { log = consoleLog(`${name}/${only.name}`), plane: makePlane = (given) => new KernelPlane(given) } = options;
  return { log, makePlane };
}

/** What functions may declare and chains do not have yet. */
function checkSupported({ name }: ChainSpec, { name: functionName }: ChainFunctionSpec, { spec }: ImportedVnf): void {
  if (spec.ports.kind !== 'transparent') {
    const why = `function ${functionName} has ports of its own, and the chain has one port without a name`;
    const hint = 'functions with named ports are not supported yet; take a transparent one';
    throw new ChainError('TP_CHAIN_SPEC', name, why, { hint });
  }
  for (const [reason, declared] of Object.entries(spec.reasons)) {
    if (declared.kind === 'notice' || declared.way === 'ring') continue;
    const why = `reason ${reason} of function ${functionName} goes up by ${declared.way}`;
    throw new ChainError('TP_CHAIN_SPEC', name, why, { hint: "only `way: 'ring'` is supported yet" });
  }
}
