import type { Helper, Helpers } from '../machine.ts';
import { checksumHelpers } from './checksum.ts';
import { clockHelpers } from './clock.ts';
import { kernelHelpers } from './kernel.ts';
import { lockHelpers } from './lock.ts';
import { mapHelpers } from './map.ts';
import { packetHelpers } from './packet.ts';
import { redirectHelpers } from './redirect.ts';
import { ringHelpers } from './ring.ts';
import { roomHelpers } from './room.ts';
import { tagHelpers } from './tags.ts';

/** Helpers that the evaluator knows, by the kernel's name without `bpf_`. */
const helpers: Helpers = {
  ...checksumHelpers,
  ...clockHelpers,
  ...kernelHelpers,
  ...lockHelpers,
  ...mapHelpers,
  ...packetHelpers,
  ...redirectHelpers,
  ...ringHelpers,
  ...roomHelpers,
  ...tagHelpers,
};

const table: ReadonlyMap<string, Helper> = new Map(Object.entries(helpers));

export function helperNamed(name: string): Helper | undefined {
  return table.get(name);
}

export const knownHelpers: readonly string[] = [...table.keys()];
