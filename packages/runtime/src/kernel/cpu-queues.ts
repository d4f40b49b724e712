import { type BpfMap, setCpu } from '@twinpath/ebpf';
import { onlineCpus } from '@twinpath/linux';

/** Packets that wait for a CPU; the kernel drops further ones. */
const QUEUE = 2048;

/** Lets programs hand packets to every CPU that is online and has an entry: the kernel makes a thread for each. */
export function fillCpus(map: BpfMap): void {
  for (const cpu of onlineCpus()) if (cpu < map.maxEntries) setCpu(map, cpu, QUEUE);
}
