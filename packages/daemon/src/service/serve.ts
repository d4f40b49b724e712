// The daemon as a service: what signals mean, and what the service manager is told.
import { once } from 'node:events';
import { giveBackMemory, ServiceManager, watchdogMs } from '@twinpath/linux';
import { type Daemon, startDaemon } from '../daemon.ts';
import { openLog } from '../log/log.ts';
import type { Settings } from '../settings.ts';

const NANOSECONDS_PER_MICROSECOND = 1_000n;

/** Until SIGTERM or SIGINT. Its chains run on. @throws Error: it cannot start */
export async function serve(settings: Settings): Promise<void> {
  const log = openLog(settings.log.level);
  using manager = ServiceManager.fromEnvironment();
  const ended = Promise.race(['SIGTERM', 'SIGINT'].map((signal) => once(process, signal).then(() => signal)));
  // An author's promise that nobody waits for must not end the daemon.
  for (const stray of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(stray, (error: unknown) => log.error({ err: error }, 'nobody caught this'));
  }
  await using daemon = await startDaemon(settings, log);
  process.on('SIGHUP', () => reload(daemon, manager));
  using _watchdog = watch(manager);
  const { socket, node } = settings;
  log.info(
    { node, socket: socket.path, ...(daemon.port !== undefined && { port: daemon.port }) },
    'twinpathd is ready',
  );
  manager?.tell({ READY: '1', STATUS: `node ${node}` });
  giveBackMemory();
  const signal = await ended;
  manager?.tell({ STOPPING: '1' });
  log.info(`${signal}: twinpathd ends; its chains run on`);
}

function reload(daemon: Daemon, manager: ServiceManager | undefined): void {
  const monotonic = process.hrtime.bigint() / NANOSECONDS_PER_MICROSECOND;
  manager?.tell({ RELOADING: '1', MONOTONIC_USEC: String(monotonic) });
  daemon.reload();
  manager?.tell({ READY: '1' });
}

/** Says often enough that the event loop turns. */
function watch(manager: ServiceManager | undefined): Disposable {
  const ms = watchdogMs();
  if (manager === undefined || ms === undefined) return { [Symbol.dispose]() {} };
  const timer = setInterval(() => manager.tell({ WATCHDOG: '1' }), ms / 2);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
