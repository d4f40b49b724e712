// `cpus` is a cpumap: an entry for each CPU to which `spread` may hand packets, by its number; the value is the length of the
// queue in front of it. Only functions that import `spread` have it.
import type { MapSpec } from '@twinpath/ebpf';

export const CPUS = 'cpus';

export const cpuMap = (cpus: number): MapSpec => ({
  name: CPUS,
  type: 'cpumap',
  keySize: 4,
  valueSize: 4,
  maxEntries: cpus,
});
