// Every test that can run here: anywhere, in the kernel, in network namespaces. The last line counts them.
import { spawnSync } from 'node:child_process';
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

function projects(): readonly string[] {
  return Object.entries(needs).flatMap(([project, capabilities]) => {
    const missing = capabilities.filter((name) => !hasCapability(name));
    if (missing.length === 0) return [`--project=${project}`];
    console.error(`Left out: the ${project} tests need ${missing.join(', ')}. Run npm test as root for them.`);
    return [];
  });
}

const folder = mkdtempSync(join(tmpdir(), 'twinpath-test-'));
const file = join(folder, 'report.json');
let failed = true;
try {
  const chosen = process.argv.slice(2);
  const options = [
    'run',
    ...projects(),
    ...chosen,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  const { status } = spawnSync(process.execPath, [vitest, ...options], { cwd: root, stdio: 'inherit' });
  const report: Report = JSON.parse(readFileSync(file, 'utf8'));
  // A file that fails before it has tests counts as one.
  const broken = report.numFailedTests === 0 && status !== 0 ? 1 : report.numFailedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  console.log(`${report.numPassedTests} passed, ${broken} failed, ${skipped} skipped`);
  failed = broken > 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
