// npm run bench -- all: one scenario after the other, each in a process of its own, so that none begins with another's heap, caches of
// programs and CPU, and one that fails takes nothing from those behind it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { recorded } from './results.ts';

/** A scenario that takes longer hangs. */
const MOST_MS = 45 * 60_000;

export interface AllOptions {
  /** In this order. */
  readonly scenarios: readonly string[];
  /** Default: each scenario's own. */
  readonly rounds: number | undefined;
  readonly signal: AbortSignal;
  progress(line: string): void;
}

/** What became of each that was begun, in a line; `failed`: of how many there is no right result. */
export async function runAll({ scenarios, rounds, signal, progress }: AllOptions) {
  const lines: string[] = [];
  let failed = 0;
  for (const name of scenarios) {
    if (signal.aborted) break;
    progress(`=== ${name} …`);
    const start = performance.now();
    const end = await runOne(name, rounds, signal);
    const minutes = ((performance.now() - start) / 60_000).toFixed(1);
    if (end !== 'right') failed++;
    lines.push(`${name.padEnd(16)} ${minutes.padStart(5)} min  ${end === 'right' ? targetsOf(name) : end}`);
    progress(lines.at(-1) ?? '');
  }
  return { lines, failed };
}

/** `right`, or what was wrong. It is ended as the user would end it: by the signal, and by another one if it does not listen. */
async function runOne(name: string, rounds: number | undefined, signal: AbortSignal): Promise<string> {
  const operands = [
    join(import.meta.dirname, 'main.ts'),
    name,
    ...(rounds === undefined ? [] : [`--rounds=${rounds}`]),
  ];
  // A group of its own: Ctrl-C comes here alone, and is passed on once.
  const child = spawn(process.execPath, operands, { stdio: 'inherit', detached: true });
  const end = () => void child.kill('SIGINT');
  const late = setTimeout(end, MOST_MS);
  signal.addEventListener('abort', end);
  const [status, by] = await once(child, 'exit');
  clearTimeout(late);
  signal.removeEventListener('abort', end);
  return status === 0 ? 'right' : `failed: ${by ?? `status ${status}`}`;
}

function targetsOf(name: string): string {
  const targets = recorded().find(({ scenario }) => scenario === name)?.targets ?? [];
  const held = targets.filter(({ holds }) => holds).length;
  return `${held} of ${targets.length} targets hold`;
}
