// npm run conformance [-- FOLDER]
// Runs the vectors of bpf_conformance (github.com/Alan-Jowett/bpf_conformance) in the assembler, the engine and, as root, the kernel.
// FOLDER: a copy of the collection; without one it is fetched, at the commit that the results in docs/correctness.md are of.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const TESTS = ['packages/engine/src/conformance.test.ts', 'packages/ebpf/src/asm/conformance.test.ts'];
const URL_OF_COLLECTION = 'https://github.com/Alan-Jowett/bpf_conformance.git';
const COMMIT = 'f558566280d8e76c95a502cfd8014264d8668130';

/** The commit alone. @throws Error when it cannot be fetched */
function fetched(folder: string): string {
  const git = (...operands: readonly string[]) =>
    execFileSync('git', ['-C', folder, ...operands], { stdio: 'inherit' });
  git('init', '--quiet');
  git('fetch', '--quiet', '--depth', '1', URL_OF_COLLECTION, COMMIT);
  git('checkout', '--quiet', 'FETCH_HEAD');
  return folder;
}

const [given] = process.argv.slice(2);
const temporary = given === undefined ? mkdtempSync(join(tmpdir(), 'twinpath-conformance-')) : undefined;
try {
  const folder = temporary === undefined ? resolve(given ?? '') : fetched(temporary);
  const vectors = join(folder, 'tests');
  if (!existsSync(vectors)) throw new Error(`${folder} is no copy of bpf_conformance: it has no folder tests`);
  const env = { ...process.env, TWINPATH_BPF_CONFORMANCE: vectors };
  const { status } = spawnSync('npx', ['vitest', 'run', ...TESTS], { env, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  if (temporary !== undefined) rmSync(temporary, { recursive: true });
}
