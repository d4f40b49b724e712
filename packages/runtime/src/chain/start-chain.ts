import { enableRuntimeStats } from '@twinpath/ebpf';
import type { Log } from '@twinpath/vnf';
import { type ChainFunctionSpec, type ChainSpec, ChainSpecError, checkChain } from '@twinpath/vnf/chain';
import { useHashSeed } from '@twinpath/vnf/spec';
import { HostClaim, whatIsLeft } from '../host/claim.ts';
import type { LeftBehind } from '../host/left-behind.ts';
import { STATE_ROOT } from '../host/paths.ts';
import type { Identity } from '../host/record.ts';
import type { SettingRecord } from '../host/settings.ts';
import { StateDirectory } from '../host/state-directory.ts';
import { openInstance } from '../instance/open-instance.ts';
import { KernelHome, type MakePlane } from '../kernel/kernel-home.ts';
import { sharedPool } from '../threads/shared-pool.ts';
import type { WorkerPool } from '../threads/worker-pool.ts';
import { checkAdoption } from './adoption.ts';
import { Chain } from './chain.ts';
import { ChainError, refusedSpec } from './chain-error.ts';
import { ChainNamespaces } from './chain-namespaces.ts';
import { consoleLog, prefixed } from './console-log.ts';
import type { OpenedFunction } from './ground.ts';
import { identityOf } from './identity.ts';
import { KernelGround } from './kernel-ground.ts';
import { type ListenersWanted, openListeners } from './listeners.ts';
import { type KernelPort, openPorts, recordedPorts } from './open-port.ts';
import { PlacedInstance } from './placed-instance.ts';
import { requireFeatures, requirePrivileges } from './requirements.ts';
import type { RunningChain } from './running.ts';
import { hostWiring } from './wirings.ts';

export interface StartOptions {
  /** Where the slow path's lines go; default: standard error, without those for debugging. */
  readonly log?: Log;
  /** Let the kernel measure how long programs run; costs each run some 20 ns. Since 5.8. */
  readonly runTimeStatistics?: boolean;
  /** Where what outlives a reboot is kept, the chain's spec and tables that declare `durable`; default /var/lib/twinpath. */
  readonly stateDirectory?: string;
  /** How often they are written there, besides at the end: how much a machine that goes down at once may lose. Default 30 s. */
  readonly saveEverySeconds?: number;
  /** Gives up starting, for a function whose `configure` or `slowPath` never returns. */
  readonly signal?: AbortSignal;
  /** Default: the kernel. */
  readonly plane?: MakePlane;
}

/** Chains of this process, for those that share functions. */
const chains = new Map<string, Chain<KernelPort>>();

/** One of this process. */
export const runningChain = (name: string): RunningChain | undefined => chains.get(name);

export const runningChains = (): readonly string[] => [...chains.keys()];

/**
 * Puts a chain on this host: everything, or nothing.
 * @throws ChainError, ConfigError, CompileError, UnsupportedFeatureError, SyscallError; nothing is left on the host then.
 *
 * @example
 * const firewall = { name: 'firewall', use: 'firewall.vnf.ts', config: { rules: [] } };
 * await using chain = await startChain(lineChain('edge', { interface: 'eth1' }, [firewall]));
 */
export async function startChain(spec: ChainSpec, options: StartOptions = {}): Promise<RunningChain> {
  const { log = consoleLog(spec.name) } = options;
  checkNames(spec);
  requirePrivileges(spec.name);
  const left = whatIsLeft(spec.name);
  const identity = identityOf(left?.record?.identity);
  await using stack = new AsyncDisposableStack();
  const namespaces = stack.use(new ChainNamespaces(spec.name));
  const ports = openPorts({ spec, names: Object.keys(spec.ports), namespaces, log, left: left?.links ?? [] });
  if (left !== undefined) checkAdoption(left, { chain: spec.name, ports });
  useHashSeed(identity.seed);
  const pool = sharedPool(identity.seed);
  const stateRoot = options.stateDirectory ?? STATE_ROOT;
  const state = new StateDirectory(stateRoot, spec.name, options.saveEverySeconds);
  const claim = stack.use(
    new HostClaim({ chain: spec.name, ports: recordedPorts(ports), identity, state: stateRoot, before: left }),
  );
  if (left !== undefined) tellAdoption(left, log);
  if (options.runTimeStatistics === true) stack.use(enableRuntimeStats());
  const onSetting = (setting: SettingRecord) => claim.addSetting(setting);
  const open = (one: ChainFunctionSpec, wanted: ChainSpec) =>
    openFunction(one, { chain: wanted, pins: claim.pins, log, options, identity, pool, namespaces, onSetting });
  stack.defer(() => {
    if (chains.get(spec.name) === chain) chains.delete(spec.name);
  });
  const ground = stack.use(
    new KernelGround({
      ...{ chain: spec.name, namespaces, key: identity.key, claim, log, left, state, open },
      listen: (chain, given, reasons) => openListeners({ chain, given, reasons, namespaces, log, onSetting }),
      replaced: (functions) => followed(spec.name, functions),
    }),
  );
  const chain = new Chain<KernelPort>({ spec, ground, ports, log, state, owned: stack.move() });
  chains.set(spec.name, chain);
  try {
    await begun(chain.change(spec), spec.name, options.signal);
  } catch (error) {
    await chain.abandon();
    throw error;
  }
  return chain;
}

function tellAdoption({ record, links }: LeftBehind, log: Log): void {
  const by = record === undefined ? 'a process that is gone' : `process ${record.process.pid}, which is gone`;
  const runs = links.length === 0 ? '' : '; its fast path has run on';
  log.info(`goes on with what ${by}, has left behind${runs}`);
}

/** Before anything is asked of the host. @throws ChainError */
function checkNames(spec: ChainSpec): void {
  try {
    checkChain(spec);
  } catch (error) {
    if (!(error instanceof ChainSpecError)) throw error;
    throw refusedSpec(error);
  }
}

interface Opening extends Pick<ListenersWanted, 'namespaces' | 'onSetting'> {
  readonly chain: ChainSpec;
  readonly pins: string;
  readonly log: Log;
  readonly options: StartOptions;
  readonly identity: Identity;
  readonly pool: WorkerPool;
}

async function openFunction(spec: ChainFunctionSpec, opening: Opening): Promise<OpenedFunction> {
  const { chain, pins, log, options, identity, pool, namespaces, onSetting } = opening;
  const { name } = spec;
  if ('share' in spec) return sharedFunction(chain, name, spec.share);
  const own = chain.functions.length > 1 ? prefixed(log, name) : log;
  const { use, worker = 'shared', onFailure = 'drop' } = spec;
  const instance = await openInstance({
    instance: { chain: chain.name, name, use, key: identity.key },
    home: new KernelHome({ functionName: name, pins, key: identity.key, wiring: hostWiring }, options.plane),
    pool,
    wiring: hostWiring,
    log: own,
    worker,
    onFailure,
    seed: identity.seed,
  });
  try {
    requireFeatures(instance.spec);
    const { reasons } = instance.spec;
    openListeners({ chain, given: spec, reasons, namespaces, log: own, onSetting });
  } catch (error) {
    await instance[Symbol.asyncDispose]();
    throw error;
  }
  return { placed: new PlacedInstance(instance), face: instance.spec };
}

function sharedFunction({ name: chain, functions }: ChainSpec, name: string, share: string): OpenedFunction {
  const [from = '', of = ''] = share.split('/');
  const found = chains.get(from)?.member(of);
  if (found !== undefined && from !== chain) return found;
  const known = [...chains].flatMap(([other, { functions: own }]) =>
    other === chain ? [] : own.map((one) => `${other}/${one.name}`),
  );
  const hint =
    known.length === 0 ? 'start the chain that brings it first, in the same process' : `there is ${known.join(', ')}`;
  const path = ['functions', functions.findIndex((one) => one.name === name), 'share'];
  throw new ChainError('TP_CHAIN_SPEC', chain, `there is no function ${share} to share`, { hint, path });
}

/** Chains that share replaced functions of this one change over; one that cannot goes on with what it has. */
async function followed(chain: string, functions: readonly string[]): Promise<void> {
  const replaced = new Set(functions.map((name) => `${chain}/${name}`));
  const following = [...chains.values()].filter(({ spec }) =>
    spec.functions.some((one) => 'share' in one && replaced.has(one.share)),
  );
  for (const other of following) await other.follow();
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
