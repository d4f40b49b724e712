// Runs in the guest: tells the host on standard output how this kernel does.
import { readFileSync } from 'node:fs';
import { deserialize } from 'node:v8';
import type { Workload } from '../workload.ts';
import { runExperiments } from './experiments.ts';
import { tellFeatures } from './features.ts';
import { tryPorts } from './ports.ts';
import { loadPrograms } from './programs.ts';
import { check } from './report.ts';
import { runTestFiles } from './test-files.ts';

const workload: Workload = deserialize(readFileSync('/workload'));
const sections = {
  features: tellFeatures,
  programs: () => loadPrograms(workload.only),
  ports: tryPorts,
  experiments: () => runExperiments(workload),
  tests: () => runTestFiles(workload),
};
for (const [name, run] of Object.entries(sections)) {
  const began = performance.now();
  await check(`the ${name} are done`, async () => {
    await run();
    return `${((performance.now() - began) / 1000).toFixed(1)} s`;
  });
}
process.exit();
