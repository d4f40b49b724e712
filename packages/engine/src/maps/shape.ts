import type { MapSpec, MapType } from '@twinpath/ebpf';

/** What code for a map is made from; maps of one shape can share it. */
export interface MapShape {
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly lockOffset: number | undefined;
  /** Programs may not write its values. */
  readonly readOnly: boolean;
  /** Values that a per-CPU map has for each key. */
  readonly cpus: number;
  readonly inner: MapShape | undefined;
}

/** Offsets of u32 in the header that every map begins with. */
export const HEADER = {
  /** Number of the shape, from 1. */
  shape: 0,
  /** Entries that are there. */
  count: 4,
  lock: 8,
  maxEntries: 12,
  /** Hash tables: address of the buckets, their number less 1, address of the elements, and how many there are. */
  buckets: 16,
  mask: 20,
  elements: 24,
  capacity: 28,
  /** Elements that are free, used again in the order in which they became so. */
  freeFirst: 32,
  freeLast: 36,
  /** Where the search for an entry to evict goes on. */
  hand: 40,
  /** Tries: the topmost node. */
  root: 44,
  /** Ring buffers, u64 each, on cache lines of their own. */
  consumer: 64,
  producer: 128,
} as const;
/** Bytes in front of the values of arrays, the records of rings, the buckets of hashes. */
export const HEADER_BYTES = 64;
export const RING_HEADER_BYTES = 192;

export const roundUp8 = (value: number): number => Math.ceil(value / 8) * 8;

export const isPerCpu = (type: MapType): boolean => /percpu/.test(type);
export const isLru = (type: MapType): boolean => type.startsWith('lru');

export function shapeOf(spec: MapSpec, cpus: number): MapShape {
  return {
    type: spec.type,
    keySize: spec.keySize,
    valueSize: spec.valueSize,
    lockOffset: spec.lockOffset,
    readOnly: spec.flags?.includes('read-only-for-programs') === true,
    cpus: isPerCpu(spec.type) ? cpus : 1,
    inner: spec.inner && shapeOf(spec.inner, cpus),
  };
}

export const shapeKey = (shape: MapShape): string => JSON.stringify(shape);

/** Maps whose values are numbers of kernel objects; entries can be absent, and programs do not write them. */
const references: ReadonlySet<MapType> = new Set([
  'prog-array',
  'array-of-maps',
  'hash-of-maps',
  'devmap',
  'devmap-hash',
  'cpumap',
  'xskmap',
]);
export const holdsReferences = (type: MapType): boolean => references.has(type);
export const holdsMaps = (type: MapType): boolean => type === 'array-of-maps' || type === 'hash-of-maps';

export type Layout = 'array' | 'slots' | 'hash' | 'trie' | 'ring';

/** How entries lie in memory. `slots`: an array whose entries can be absent. */
export function layoutOf(type: MapType): Layout {
  switch (type) {
    case 'array':
    case 'percpu-array':
      return 'array';
    case 'prog-array':
    case 'array-of-maps':
    case 'devmap':
    case 'cpumap':
    case 'xskmap':
      return 'slots';
    case 'hash':
    case 'percpu-hash':
    case 'lru-hash':
    case 'lru-percpu-hash':
    case 'hash-of-maps':
    case 'devmap-hash':
      return 'hash';
    case 'lpm-trie':
      return 'trie';
    case 'ringbuf':
      return 'ring';
  }
}

/** Bytes of one CPU's value of an element. */
export const strideOf = (shape: MapShape): number => roundUp8(shape.valueSize);

/** Elements of hash tables: next u32, hash u32, next free u32, state u32, key, one value for each CPU. */
export const ELEMENT = { next: 0, hash: 4, nextFree: 8, state: 12, key: 16 } as const;
/** States of an element. `recent`: used since the last search for an entry to evict came by. */
export const ELEMENT_STATE = { free: 0, used: 1, recent: 2 } as const;
export const elementValue = (shape: MapShape): number => ELEMENT.key + roundUp8(shape.keySize);
export function elementBytes(shape: MapShape): number {
  const bytes = elementValue(shape) + strideOf(shape) * shape.cpus;
  // An element that fits into a cache line does not lie across two.
  return bytes <= 64 ? 2 ** Math.ceil(Math.log2(bytes)) : bytes;
}

/** Entries of `slots`: the value, then a u32 that says whether it is there. */
export const slotPresent = (shape: MapShape): number => strideOf(shape);
export const slotBytes = (shape: MapShape): number => strideOf(shape) + 8;

/** Nodes of tries: child 0 u32, child 1 u32, length of the prefix u32, state u32, the prefix as 64-bit words, value. */
export const NODE = { child0: 0, child1: 4, length: 8, state: 12, words: 16 } as const;
/** `branch`: without a value of its own. */
export const NODE_STATE = { free: 0, value: 1, branch: 2 } as const;
/** 64-bit words of a trie's prefixes. */
export const wordsOf = (shape: MapShape): number => Math.ceil((shape.keySize - 4) / 8);
export const nodeValue = (shape: MapShape): number => NODE.words + 8 * wordsOf(shape);
export const nodeBytes = (shape: MapShape): number => nodeValue(shape) + strideOf(shape);
