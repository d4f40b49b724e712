export { EngineWorker, type EngineWorkerOptions } from './engine-worker.ts';
export type { Configuration, Network, PollOptions } from './messages.ts';
