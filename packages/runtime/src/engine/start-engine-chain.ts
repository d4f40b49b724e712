import { availableParallelism } from 'node:os';
import type { Trap } from '@twinpath/engine';
import type { PollOptions } from '@twinpath/engine/workers';
import type { Log } from '@twinpath/vnf';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { useHashSeed } from '@twinpath/vnf/spec';
import { Chain, type ChainOptions } from '../chain/chain.ts';
import { ChainError } from '../chain/chain-error.ts';
import { consoleLog } from '../chain/console-log.ts';
import { identityOf } from '../chain/identity.ts';
import type { OpenPort } from '../chain/open-port.ts';
import type { RunningChain } from '../chain/running.ts';
import { STATE_ROOT } from '../host/paths.ts';
import { StateDirectory } from '../host/state-directory.ts';
import { LimitedLog } from '../slow-path/limited-log.ts';
import { begun, EngineGround } from './engine-ground.ts';
import {
  BESIDE_MTU,
  type ChosenPort,
  choosePorts,
  LiveInterfaces,
  mostWorkers,
  mtuOf,
  tooLong,
} from './live-interfaces.ts';
import { WorkerHost } from './worker-host.ts';

export interface EngineStartOptions {
  /** Where the slow path's lines go; default: standard error, without those for debugging. */
  readonly log?: Log;
  /** How many threads work on packets; flows come to them by the queues of the interfaces. Default: as many as all ports have queues, and
   *  at most as many as there are cores but one. */
  readonly workers?: number;
  /** How they poll. */
  readonly poll?: PollOptions;
  /** Where tables that declare `durable` are kept; default /var/lib/twinpath. */
  readonly stateDirectory?: string;
  /** How often they are written there, besides at the end; default 30 s. */
  readonly saveEverySeconds?: number;
}

/** A chain in the engine, on interfaces of this machine. */
export interface LiveEngineChain extends RunningChain {
  /** How packets of each port come and go, for people. */
  readonly told: readonly string[];
}

const FRAMES = 8192;
const FRAME_BYTES = [2048, 4096] as const;

class LiveChain extends Chain<OpenPort> implements LiveEngineChain {
  readonly #interfaces: LiveInterfaces;

  constructor(interfaces: LiveInterfaces, options: ChainOptions<OpenPort>) {
    super(options);
    this.#interfaces = interfaces;
  }

  get told(): readonly string[] {
    return this.#interfaces.told;
  }
}

/**
 * Runs a chain in the user-space engine on interfaces: by AF_XDP, by packet sockets or on TAP interfaces, whatever this process may.
 * Packets are worked on in a thread of their own, slow paths in this one. Nothing outlives the process.
 * @throws ChainError, ConfigError, CompileError, SyscallError; nothing is left then.
 */
export async function startEngineChain(spec: ChainSpec, options: EngineStartOptions = {}): Promise<LiveEngineChain> {
  const { log = consoleLog(spec.name), poll = {}, stateDirectory = STATE_ROOT, saveEverySeconds } = options;
  const identity = identityOf(undefined);
  useHashSeed(identity.seed);
  await using owned = new AsyncDisposableStack();
  const traps = new LimitedLog(log);
  const chosen = choosePorts(spec);
  const workers = workersFor(spec.name, chosen, options.workers);
  const frameBytes = frameBytesFor(chosen, log);
  const host = await WorkerHost.start({ workers, poll, frames: FRAMES, frameBytes, onTrap: tell(traps) });
  // Sockets and interfaces go when nobody works on them any more.
  const interfaces = owned.use(new LiveInterfaces({ chain: spec.name, host, log, frameBytes }));
  owned.use(host);
  const ports = await interfaces.begin(chosen, listenersOf(spec));
  const lost = workerLost(spec.name, host);
  const state = new StateDirectory(stateDirectory, spec.name, saveEverySeconds);
  const ground = owned.use(
    new EngineGround({ chain: spec.name, host, ports: interfaces, identity, log, lost, watched: true }),
  );
  const chain = new LiveChain(interfaces, { spec, ground, ports, log, state, owned: owned.move() });
  return begun(chain, spec);
}

/** Interfaces that reasons name. */
const listenersOf = ({ functions }: ChainSpec): readonly string[] =>
  functions.flatMap((one) =>
    'share' in one ? [] : Object.values(one.reasons ?? {}).flatMap((reason) => reason.interface ?? []),
  );

async function workerLost(chain: string, { workers }: WorkerHost): Promise<ChainError> {
  await Promise.race(workers.map(({ ended }) => ended));
  const why = workers.find(({ failure }) => failure !== undefined)?.failure?.message;
  const hint = 'start the chain again; what it says is worth a report';
  return new ChainError('TP_ENGINE', chain, `a worker of the engine has ended: ${why}`, { hint });
}

/** What holds packets as long as interfaces let through, if anything does. */
function frameBytesFor(ports: readonly ChosenPort[], log: Log): number {
  const [small, large] = FRAME_BYTES;
  const needed = Math.max(...ports.map(mtuOf)) + BESIDE_MTU;
  if (needed > large) log.warn(tooLong(large));
  return needed > small ? large : small;
}

/** @throws ChainError for more than there can be */
function workersFor(chain: string, ports: readonly ChosenPort[], wanted: number | undefined): number {
  const most = mostWorkers(ports);
  if (wanted === undefined) return Math.max(1, Math.min(most, availableParallelism() - 1));
  if (wanted <= most) return wanted;
  const why = `${wanted} workers cannot share its ports: one of them has ${most} ${most === 1 ? 'queue' : 'queues'}`;
  const hint = 'give interfaces more queues (ethtool -L), or the chain fewer workers';
  throw new ChainError('TP_CHAIN_SPEC', chain, why, { hint });
}

const tell =
  (log: LimitedLog) =>
  ({ program, reason, line }: Trap): void => {
    const where = line === undefined ? '' : ` at ${line.file}:${line.line}`;
    log.write('error', `trap ${program}`, `program ${program} was stopped${where}: ${reason}`);
  };
