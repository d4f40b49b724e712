import { checksumHelpers } from './checksum.ts';
import { clockHelpers } from './clock.ts';
import type { Helper } from './helper.ts';
import { kernelHelpers } from './kernel.ts';
import { lockHelpers } from './lock.ts';
import { loopHelpers } from './loop.ts';
import { mapHelpers } from './map.ts';
import { packetHelpers } from './packet.ts';
import { redirectHelpers } from './redirect.ts';
import { resizeHelpers } from './resize.ts';
import { ringHelpers } from './ring.ts';
import { tagHelpers } from './tags.ts';

/** Helpers that the engine has, by the kernel's name without `bpf_`. */
export const helpers: ReadonlyMap<string, Helper> = new Map(
  Object.entries({
    ...checksumHelpers,
    ...clockHelpers,
    ...kernelHelpers,
    ...lockHelpers,
    ...loopHelpers,
    ...mapHelpers,
    ...packetHelpers,
    ...redirectHelpers,
    ...resizeHelpers,
    ...ringHelpers,
    ...tagHelpers,
  }),
);
