// Every test that can run here: anywhere, with BPF, in network namespaces. The last line counts them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Includes files that failed before they had tests. */
  readonly numFailedTestSuites: number;
}

const folder = mkdtempSync(join(tmpdir(), 'twinpath-test-'));
const file = join(folder, 'report.json');
let failed = true;
try {
  const options = [
    'run',
    ...process.argv.slice(2),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  const { status } = spawnSync(process.execPath, [vitest, ...options], { cwd: root, stdio: 'inherit' });
  const report: Report = JSON.parse(readFileSync(file, 'utf8'));
  const broken = report.numFailedTests === 0 && status !== 0 ? 1 : report.numFailedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  console.log(`${report.numPassedTests} passed, ${broken} failed, ${skipped} skipped`);
  failed = broken > 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
