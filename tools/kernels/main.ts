// npm run test:kernels [-- --kernel 6.1 --kernel newest] [--only PATTERN …] [--seed N] [--count N] [--full] [--timeout SECONDS]
//                      [--update] [--fetch] [--if-possible]
// Boots Debian's kernels in an emulated machine and has each load, run and test what this repository makes.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { serialize } from 'node:v8';
import { type Architecture, architectureOf } from './architecture.ts';
import { baseArchive } from './archive.ts';
import { CpioArchive } from './cpio.ts';
import { fetchKernel } from './debian.ts';
import { compare, readGolden, writeGolden } from './golden.ts';
import { chosenKernels, type Kernel } from './kernel.ts';
import { runMachine } from './machine.ts';
import { programsFor } from './programs.ts';
import { type Check, TapReader } from './tap.ts';
import { Unavailable } from './unavailable.ts';
import { makeWorkload } from './workload.ts';

const { values } = parseArgs({
  options: {
    kernel: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '30' },
    full: { type: 'boolean', default: false },
    timeout: { type: 'string', default: '900' },
    update: { type: 'boolean', default: false },
    fetch: { type: 'boolean', default: false },
    'if-possible': { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache/kernels');
const totals = { passed: 0, failed: 0, skipped: 0 };

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));

mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'run-'));
try {
  const { only, full } = values;
  const workload = new CpioArchive();
  const made = makeWorkload({ seed: Number(values.seed), count: Number(values.count), only, full });
  workload.file('/workload', serialize(made));
  const bytes = workload.bytes();
  for (const kernel of chosenKernels(values.kernel)) await testIfPossible(kernel, bytes);
} catch (error) {
  totals.failed++;
  console.error(error instanceof Error ? error.message : error);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 ? 1 : 0;

function baseOf(architecture: Architecture): Uint8Array {
  return baseArchive(root, architecture, programsFor(architecture, root, cache, values.fetch));
}

/** What this machine cannot run is a failure, unless whoever asks takes that. */
async function testIfPossible(kernel: Kernel, work: Uint8Array): Promise<void> {
  try {
    await testKernel(kernel, work);
  } catch (error) {
    if (!(error instanceof Unavailable) || !values['if-possible']) throw error;
    totals.skipped++;
    console.log(`- ${kernel.name} cannot be run here: ${error.message}`);
  }
}

async function testKernel(kernel: Kernel, work: Uint8Array): Promise<void> {
  const architecture = architectureOf(kernel.architecture);
  const { version, image, modules } = fetchKernel(kernel, cache, values.fetch);
  const began = performance.now();
  console.log(`\n${kernel.name}: ${kernel.package} ${version} of ${kernel.suite}`);
  const files = join(folder, 'files.cpio');
  writeFileSync(files, Buffer.concat([baseOf(architecture), work, readFileSync(modules)]));
  const golden = readGolden(kernel.name);
  const checks: Check[] = [];
  const reader = new TapReader((check) => {
    checks.push(check);
    show(kernel, values.update ? check : compare(check, golden));
  });
  const heard = join(cache, `${kernel.name}.console`);
  const machine = { architecture, image, files, console: heard, seconds: Number(values.timeout), signal: stop.signal };
  await runMachine(machine, (line) => reader.line(line));
  reader.flush();
  if (reader.result !== 0) {
    const why = reader.result === undefined ? 'it never said how it went' : `it ended with ${reader.result}`;
    throw new Error(`${kernel.name}: ${why}; its console: ${heard}`);
  }
  if (values.update) writeGolden(kernel.name, checks);
  console.log(`${kernel.name}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

function show({ name }: Kernel, { title, ok, skipped, comment, details }: Check): void {
  totals[skipped ? 'skipped' : ok ? 'passed' : 'failed']++;
  const mark = skipped ? '-' : ok ? '✓' : '✗';
  console.log([`${mark} ${name} ${title}${comment === undefined ? '' : ` (${comment})`}`, ...details].join('\n    '));
}
