// The project's own kernel tests.
import { globSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isWanted } from '../wanted.ts';
import type { Workload } from '../workload.ts';
import { runFile } from './vitest.ts';

const root = join(import.meta.dirname, '../../..');
const standIn = pathToFileURL(join(import.meta.dirname, 'vitest.ts')).href;

/** What is not for an emulated machine. */
const NOT_HERE = [
  'compiler/src/fuzz/', // bounded by time; fuzz.ts runs programs that the host has made
  'compiler/src/backend/golden/', // the same
];
/** Minutes on an emulated machine. */
const SLOW = [
  'compiler/src/classifier-walk/',
  'compiler/src/frontend/intrinsics/',
  'functions/src/firewall/differential',
  'testing/src/packets/test-packets',
];
/** Later ones keep maps for the next case, which those that look for leaks would find. */
const ORDER = ['linux', 'ebpf', 'compiler', 'runtime', 'testing', 'functions'];

export async function runTestFiles({ only, full }: Workload): Promise<void> {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'vitest' && context.parentURL?.startsWith(pathToFileURL(`${root}/packages/`).href)
        ? { url: standIn, shortCircuit: true }
        : next(specifier, context),
  });
  const files = globSync('*/src/**/*.kernel.test.ts', { cwd: join(root, 'packages') })
    .filter((file) => !NOT_HERE.some((start) => file.startsWith(start)))
    .filter((file) => full || !SLOW.some((start) => file.startsWith(start)))
    .filter((file) => isWanted(`packages/${file}`, only))
    .toSorted((a, b) => placeOf(a) - placeOf(b) || a.localeCompare(b));
  for (const file of files) {
    await runFile(file, () => import(pathToFileURL(join(root, 'packages', file)).href));
  }
}

const placeOf = (file: string) => ORDER.indexOf(file.split('/')[0] ?? '');
