// The thread of an EngineWorker.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { PollLoop } from './poll-loop.ts';
import { PortWorker } from './worker.ts';

const TRAPS_PER_SECOND = 10;

const start: WorkerStart = workerData;
const owner = parentPort;
if (owner === null) throw new Error('this is the main module of a worker thread');
// Not at the top: elsewhere than on Linux there is nothing to load.
const linux = process.platform === 'linux' ? await import('./linux-machine.ts') : undefined;
linux?.prepare(start);

const tell = (message: FromWorker): void => owner.postMessage(message);
let [second, traps] = [0, 0];
using worker = new PortWorker(start, linux?.machine, (trap) => {
  const now = Math.floor(performance.now() / 1000);
  if (now !== second) [second, traps] = [now, 0];
  if (traps++ < TRAPS_PER_SECOND) tell({ kind: 'trap', trap });
});

function obey(message: ToWorker): boolean {
  if (message.kind === 'reclaim') worker.reclaim(message.slots);
  if (message.kind === 'configure') {
    worker.engine.adopt(message.image);
    worker.configure(message.configuration);
  }
  return message.kind === 'stop';
}

/** Commands, in order: whether the last of them was to stop. */
function hear(): boolean {
  for (;;) {
    // The event loop stands still while packets are worked on.
    const received: { readonly message: ToWorker } | undefined = receiveMessageOnPort(commands);
    if (received === undefined) return false;
    const { id } = received.message;
    try {
      const isOver = obey(received.message);
      if (isOver) worker[Symbol.dispose]();
      tell({ kind: 'done', id });
      if (isOver) return true;
    } catch (error) {
      tell({ kind: 'failed', id, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
}

const { commands } = workerData;
const loop = new PollLoop(worker.engine.memory, worker.forwarder, start.poll, linux?.waitForFds ?? (() => {}));
loop.run(hear);
commands.close();
