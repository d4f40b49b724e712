import { pageSize } from '@twinpath/linux';
import {
  accepts,
  callsBpf,
  filtersByProgram,
  hasHelper,
  linksTcx,
  linksXdp,
  loadsBtf,
  makesMap,
  makesMapInMap,
  runsLiveFrames,
  updatesBatches,
} from './attempt.ts';

export interface Feature {
  /** In the plural, to stand in "… are not supported by this kernel". */
  readonly title: string;
  /** The first release that has it. */
  readonly since: string;
  /** @throws what is neither a yes nor a no, such as missing permission. */
  readonly probe: () => boolean;
}

const loop = `
  r0 = 0
again:
  r0 += 1
  if r0 < 100 goto again
  exit`;

// 32-bit comparisons and an atomic operation that returns the old value.
const isaV3 = `
  r1 = 1
  *(u64 *)(r10 -8) = r1
  r2 = 2
  r2 = atomic64_fetch_add((u64 *)(r10 -8), r2)
  w0 = w2
  if w0 == 0x1 goto +1
  w0 = 0
  exit`;

const isaV4 = `
  r0 = 5
  r0 = bswap16 r0
  r1 = 3
  r0 s/= r1
  r0 = (s8)r0
  exit`;

const words = { keySize: 8, valueSize: 4 };

/** What this library or its users may need of a kernel. */
export const features = {
  bpf: { title: 'BPF system calls', since: '4.4', probe: callsBpf },
  btf: { title: 'type information (BTF) objects', since: '4.18', probe: loadsBtf },
  xdp: { title: 'XDP programs', since: '4.8', probe: () => accepts('xdp', 'r0 = 2\nexit') },
  'xdp-link': { title: 'XDP links', since: '5.9', probe: linksXdp },
  'tcx-link': { title: 'tcx links', since: '6.6', probe: linksTcx },
  clsact: { title: 'BPF filters on interfaces (clsact)', since: '4.5', probe: filtersByProgram },
  ringbuf: {
    title: 'ring buffers',
    since: '5.8',
    probe: () => makesMap('ringbuf', { keySize: 0, valueSize: 0, maxEntries: pageSize() }),
  },
  'lpm-trie': { title: 'longest prefix match tries', since: '4.11', probe: () => makesMap('lpm-trie', words) },
  'percpu-array': { title: 'per-CPU arrays', since: '4.6', probe: () => makesMap('percpu-array') },
  'lru-hash': { title: 'LRU hash tables', since: '4.10', probe: () => makesMap('lru-hash') },
  'devmap-hash': { title: 'hashed device maps', since: '5.4', probe: () => makesMap('devmap-hash') },
  xskmap: { title: 'AF_XDP socket maps', since: '4.18', probe: () => makesMap('xskmap') },
  'mmapable-array': {
    title: 'memory-mapped arrays',
    since: '5.5',
    probe: () => makesMap('array', { valueSize: 8 }, ['mmapable']),
  },
  'map-in-map': { title: 'maps of maps', since: '4.12', probe: makesMapInMap },
  'batch-operations': { title: 'batch operations on maps', since: '5.6', probe: updatesBatches },
  'bounded-loops': { title: 'bounded loops', since: '5.3', probe: () => accepts('xdp', loop) },
  'bpf-loop': { title: 'calls of bpf_loop', since: '5.17', probe: () => hasHelper('xdp', 'loop') },
  'spin-lock': { title: 'spin locks', since: '5.1', probe: () => hasHelper('xdp', 'spin_lock') },
  timer: { title: 'timers', since: '5.15', probe: () => hasHelper('xdp', 'timer_init') },
  'ktime-coarse': {
    title: 'coarse clocks',
    since: '5.11',
    probe: () => hasHelper('xdp', 'ktime_get_coarse_ns'),
  },
  'xdp-bytes': {
    title: 'reads of multi-buffer XDP packets',
    since: '5.18',
    probe: () => hasHelper('xdp', 'xdp_load_bytes'),
  },
  'redirect-peer': {
    title: 'redirects to the peer of a veth',
    since: '5.10',
    probe: () => hasHelper('sched-cls', 'redirect_peer'),
  },
  'fib-lookup': { title: 'routing table lookups', since: '4.18', probe: () => hasHelper('xdp', 'fib_lookup') },
  'live-frames': { title: 'test runs with live frames', since: '5.18', probe: runsLiveFrames },
  'isa-v3': {
    title: 'instructions of set v3 (32-bit jumps, fetching atomics)',
    since: '5.12',
    probe: () => accepts('xdp', isaV3),
  },
  'isa-v4': {
    title: 'instructions of set v4 (byte swaps, signed division)',
    since: '6.6',
    probe: () => accepts('xdp', isaV4),
  },
} as const satisfies Record<string, Feature>;

export type FeatureName = keyof typeof features;
