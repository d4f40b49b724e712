// A thread that fuses chains: that takes longer than the main thread may be away from packets.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { serialize } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { CodeGenerationError, compileProgram, fuseChain, type Part } from '@twinpath/compiler';
import type { FuseAnswer, FuseJob, FuseMade } from './fuse-job.ts';

parentPort?.on('message', (job: FuseJob) => parentPort?.postMessage(answerTo(job)));

function answerTo(job: FuseJob): FuseAnswer {
  try {
    return { id: job.id, made: makeOnce(job) };
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    return { id: job.id, failed, isTooLarge: error instanceof CodeGenerationError };
  }
}

/** The programs of a few chains, in both directions. */
const MOST_KEPT = 16;
const kept = new Map<string, FuseMade>();

/** What was made of the same parts comes back when they do: a configuration that is taken back, a chain that starts again. */
function makeOnce({ id: _, ...job }: FuseJob): FuseMade {
  const key = createHash('sha256').update(serialize(job)).digest('hex');
  const made = kept.get(key) ?? make(job);
  kept.delete(key);
  kept.set(key, made);
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  return made;
}

function make({ name, hook, first, parts, room, mostLines }: Omit<FuseJob, 'id'>): FuseMade {
  const byPosition = new Map(parts.map((part) => [part.position, part] as const));
  const options = { name, hook, first, parts: byPosition, mostLines, ...(room && { room }) };
  const { program, positions, left, ways, lines } = fuseChain(options);
  const { spec } = compileProgram(program, { sources: sourcesOf(parts) });
  return { spec, positions: [...positions], left, ways, lines };
}

/** What the kernel's log quotes; a function that comes without its source has none. */
function sourcesOf(parts: readonly Part[]): ReadonlyMap<string, string> {
  const files = parts.flatMap(({ ir }) =>
    ir.blocks.flatMap(({ instructions }) => instructions.flatMap(({ at }) => (at === undefined ? [] : [at.file]))),
  );
  return new Map(
    [...new Set(files)].flatMap((file) => (existsSync(file) ? [[file, readFileSync(file, 'utf8')] as const] : [])),
  );
}
