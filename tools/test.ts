// Every test that can run here: anywhere, in the kernel, in network namespaces. The last line counts them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCapability } from '@twinpath/linux';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
/** Files, or parts of their names. */
const chosen = process.argv.slice(2);

/** What each kind of test needs besides Node; kinds without it are left out, and that is said. */
const needs = {
  pure: [],
  kernel: ['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON'],
  lab: ['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON', 'CAP_SYS_ADMIN'],
} as const;

type Kind = keyof typeof needs;

/** Of a kind, to one run of Vitest: few enough that the lanes end together. Pure tests gain by following others in one process. */
const parts: Readonly<Record<Kind, number>> = { lab: 12, kernel: 4, pure: 4 };

interface Part {
  readonly kind: Kind;
  readonly index: number;
  readonly count: number;
}

interface Report {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly FileReport[];
}
interface FileReport {
  readonly name: string;
  readonly status: 'passed' | 'failed';
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

/** Threads and processes that tests start read hundreds of modules: types are stripped from each of them once. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node') };

function partsOf(kind: Kind): readonly Part[] {
  const missing = needs[kind].filter((name) => !hasCapability(name));
  if (missing.length > 0) {
    console.error(`Left out: the ${kind} tests need ${missing.join(', ')}. Run npm test as root for them.`);
    return [];
  }
  const count = chosen.length > 0 ? 1 : parts[kind];
  return Array.from({ length: count }, (_, index) => ({ kind, index: index + 1, count }));
}

interface Counts {
  readonly passed: number;
  /** Their names. A file that fails before it has tests is one. */
  readonly failed: readonly string[];
  readonly skipped: number;
}

async function run({ kind, index, count }: Part, folder: string): Promise<Counts> {
  const file = join(folder, `${kind}-${index}.json`);
  const options = [
    'run',
    `--project=${kind}`,
    `--shard=${index}/${count}`,
    ...chosen,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  const child = spawn(process.execPath, [vitest, ...options], { cwd: root, stdio: 'inherit', env });
  const [status] = await once(child, 'close');
  const report: Report = JSON.parse(readFileSync(file, 'utf8'));
  const failed = report.testResults.flatMap(failedIn);
  if (status !== 0 && failed.length === 0) failed.push(`${kind} tests, part ${index} of ${count}`);
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
}

function failedIn({ name, status, assertionResults }: FileReport): string[] {
  if (status === 'passed') return [];
  const file = relative(root, name);
  const tests = assertionResults.filter((test) => test.status === 'failed');
  return tests.length === 0 ? [file] : tests.map(({ fullName }) => `${file}: ${fullName}`);
}

/** Takes the next part of its own queue, and when that is empty the last of the other. */
async function runLane(own: Part[], other: Part[], folder: string): Promise<Counts[]> {
  const counts: Counts[] = [];
  for (;;) {
    const part = own.shift() ?? other.pop();
    if (part === undefined) return counts;
    counts.push(await run(part, folder));
  }
}

const folder = mkdtempSync(join(tmpdir(), 'twinpath-test-'));
try {
  // For two cores: namespaces and chains, beside what needs no more than a process, for as long as there is both.
  const lab = [...partsOf('lab')];
  const others = [...partsOf('kernel'), ...partsOf('pure')];
  const counts = (await Promise.all([runLane(lab, others, folder), runLane(others, lab, folder)])).flat();
  const failed = counts.flatMap((one) => one.failed);
  for (const name of failed) console.log(`failed: ${name}`);
  const sum = (of: 'passed' | 'skipped') => counts.reduce((total, one) => total + one[of], 0);
  console.log(`${sum('passed')} passed, ${failed.length} failed, ${sum('skipped')} skipped`);
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
