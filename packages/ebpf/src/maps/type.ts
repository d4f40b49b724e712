import type { MapFlag, MapType } from '../spec.ts';

/** enum bpf_map_type, include/uapi/linux/bpf.h. */
const typeNumbers: Readonly<Record<MapType, number>> = {
  hash: 1,
  array: 2,
  'prog-array': 3,
  'percpu-hash': 5,
  'percpu-array': 6,
  'lru-hash': 9,
  'lru-percpu-hash': 10,
  'lpm-trie': 11,
  'array-of-maps': 12,
  'hash-of-maps': 13,
  devmap: 14,
  cpumap: 16,
  xskmap: 17,
  'devmap-hash': 25,
  ringbuf: 27,
};

const flagBits: Readonly<Record<MapFlag, number>> = {
  'no-prealloc': 1 << 0,
  'read-only-for-programs': 1 << 7,
  mmapable: 1 << 10,
  'inner-map': 1 << 12,
};

const isType = (name: string): name is MapType => name in typeNumbers;
const isFlag = (name: string): name is MapFlag => name in flagBits;

export const mapTypeNumber = (type: MapType): number => typeNumbers[type];

/** The type with this number, or undefined for one that this library has no name for. */
export function mapTypeOf(number: number): MapType | undefined {
  return Object.keys(typeNumbers)
    .filter(isType)
    .find((type) => typeNumbers[type] === number);
}

/** Whether the map holds one value for each possible CPU. */
export function isPerCpu(type: MapType): boolean {
  return type === 'percpu-hash' || type === 'percpu-array' || type === 'lru-percpu-hash';
}

/** The flags as the kernel takes them. A trie is always made without preallocation: the kernel knows no other. */
export function mapFlagBits(type: MapType, flags: readonly MapFlag[]): number {
  const implied = type === 'lpm-trie' ? flagBits['no-prealloc'] : 0;
  return flags.reduce((bits, flag) => bits | flagBits[flag], implied);
}

export function mapFlagsOf(bits: number): MapFlag[] {
  return Object.keys(flagBits)
    .filter(isFlag)
    .filter((flag) => (bits & flagBits[flag]) !== 0);
}
