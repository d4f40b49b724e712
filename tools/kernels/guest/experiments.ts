import { difference, isRefusal, KernelBench } from '@twinpath/compiler/fuzz';
import type { Workload } from '../workload.ts';
import { check } from './report.ts';

/** Programs that the host has compiled and evaluated: the kernel is to do the same. */
export async function runExperiments({ experiments, cpus }: Workload): Promise<void> {
  using bench = new KernelBench();
  if (bench.cpus !== cpus) throw new Error(`values were made for ${cpus} CPUs, and there are ${bench.cpus}`);
  for (const { title, experiment, spec, wanted } of experiments) {
    await check(title, () => {
      try {
        const found = difference(wanted, bench.observe(experiment, spec));
        if (found !== undefined) throw new Error(found);
        return undefined;
      } catch (error) {
        if (isRefusal(error)) return 'refused: more ways than this verifier follows';
        throw error;
      }
    });
  }
}
