// The entry of a worker: the code of authors runs here, and nowhere else.

import { setServers } from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { recordHoldings } from '@twinpath/linux';
import { useHashSeed } from '@twinpath/vnf/spec';
import { AuthorCode } from './author-code.ts';
import { errorData } from './error-data.ts';
import { overBudgetHere } from './heap-budget.ts';
import { tellMain } from './main-thread.ts';
import { type ToWorker, WORD, type WorkerData } from './messages.ts';
import { WorkerInstances } from './worker-instances.ts';

const BEAT_MS = 100;

const data: WorkerData = workerData;
recordHoldings(data.holdings);
useHashSeed(data.seed);
setServers([...data.nameServers]);
// setServers replaces the module's functions; this lets those see it who import them by name.
syncBuiltinESMExports();
const code = new AuthorCode(data.words);
const instances = new WorkerInstances(data, code);

function stray(error: unknown): void {
  tellMain({ kind: 'stray', instance: code.owner, error: errorData(error) });
}

process.on('uncaughtException', stray);
process.on('unhandledRejection', stray);
// It would end the other functions of this worker.
process.exit = (status) => {
  stray(new Error(`process.exit(${status ?? ''}) was called`));
  throw new Error('process.exit() in a slow path ends the function alone');
};

setInterval(() => {
  Atomics.add(data.words, WORD.beats, 1);
  const error = overBudgetHere(data.megabytes);
  // Whose it is nobody knows: all share the heap.
  if (error !== undefined) tellMain({ kind: 'stray', instance: 0, error: errorData(error) });
}, BEAT_MS).unref();

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'wake') instances.wake(message.fd);
  else if (message.kind === 'call') void instances.call(message.id, message.instance, message.call);
  else parentPort?.close();
});
