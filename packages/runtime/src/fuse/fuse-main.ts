// A thread that fuses chains: that takes longer than the main thread may be away from packets.
import { parentPort } from 'node:worker_threads';
import { CodeGenerationError, fuseOnce } from '@twinpath/compiler';
import type { FuseAnswer, FuseJob, FuseMade } from './fuse-job.ts';

parentPort?.on('message', (job: FuseJob) => parentPort?.postMessage(answerTo(job)));

function answerTo({ id, ...job }: FuseJob): FuseAnswer {
  try {
    return { id, made: make(job) };
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    return { id, failed, isTooLarge: error instanceof CodeGenerationError };
  }
}

function make(job: Omit<FuseJob, 'id'>): FuseMade {
  const { compiled, positions, left, ways, lines } = fuseOnce(job);
  return { spec: compiled.spec, positions: [...positions], left, ways, lines };
}
