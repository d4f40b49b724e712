// The thread of an EngineWorker.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Answer, FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { PollLoop } from './poll-loop.ts';
import { PortWorker } from './worker.ts';

const TRAPS_PER_SECOND = 10;

const start: WorkerStart = workerData;
const owner = parentPort;
if (owner === null) throw new Error('this is the main module of a worker thread');
// Not at the top: elsewhere than on Linux there is nothing to load.
const linux = process.platform === 'linux' ? await import('./linux-machine.ts') : undefined;
linux?.prepare(start);

const { commands } = workerData;
const answered = new Int32Array(start.answered);
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
    const answer = (message: Answer) => {
      commands.postMessage(message);
      Atomics.add(answered, 0, 1);
      Atomics.notify(answered, 0);
    };
    try {
      const isOver = obey(received.message);
      if (isOver) worker[Symbol.dispose]();
      answer({ id });
      if (isOver) return true;
    } catch (error) {
      answer({ id, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
}

const loop = new PollLoop(worker.engine.memory, worker.forwarder, start.poll, linux?.waitForFds ?? (() => {}));
loop.run(hear);
commands.close();
