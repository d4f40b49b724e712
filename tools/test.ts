// Every test that can run here: anywhere, in the kernel, in network namespaces. The last line counts them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCapability } from '@twinpath/linux';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

/** What each kind of test needs besides Node; kinds without it are left out, and that is said. */
const needs = {
  pure: [],
  kernel: ['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON'],
  lab: ['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON', 'CAP_SYS_ADMIN'],
} as const;

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

type Kind = keyof typeof needs;

/** Threads and processes that tests start read hundreds of modules: types are stripped from each of them once. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node') };

function canRun(kind: Kind): boolean {
  const missing = needs[kind].filter((name) => !hasCapability(name));
  if (missing.length === 0) return true;
  console.error(`Left out: the ${kind} tests need ${missing.join(', ')}. Run npm test as root for them.`);
  return false;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}
const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Counts of kinds that follow each other. */
async function runInTurn(kinds: readonly Kind[], folder: string): Promise<Counts[]> {
  const counts: Counts[] = [];
  for (const kind of kinds) counts.push(await run(kind, folder));
  return counts;
}

/** Runs tests of one kind. */
async function run(kind: Kind, folder: string): Promise<Counts> {
  if (!canRun(kind)) return NONE;
  const file = join(folder, `${kind}.json`);
  const chosen = process.argv.slice(2);
  const options = [
    'run',
    `--project=${kind}`,
    ...chosen,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  const child = spawn(process.execPath, [vitest, ...options], { cwd: root, stdio: 'inherit', env });
  const [status] = await once(child, 'close');
  const report: Report = JSON.parse(readFileSync(file, 'utf8'));
  // A file that fails before it has tests counts as one.
  const failed = report.numFailedTests === 0 && status !== 0 ? 1 : report.numFailedTests;
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
}

const folder = mkdtempSync(join(tmpdir(), 'twinpath-test-'));
let failed = true;
try {
  // Two lanes of about the same length, for two cores: the lab's namespaces and chains, and what needs no more than a process.
  const counts = (await Promise.all([runInTurn(['lab'], folder), runInTurn(['kernel', 'pure'], folder)])).flat();
  const sum = (of: keyof Counts) => counts.reduce((total, one) => total + one[of], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  failed = sum('failed') > 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
