// Specs: plain frozen data, the same on every machine, comparable and serialisable. What depends on the running kernel
// happens when a spec is made into an object (BpfMap.create, BpfProgram.load).

export type MapType =
  | 'hash'
  | 'array'
  | 'prog-array'
  | 'percpu-hash'
  | 'percpu-array'
  | 'lru-hash'
  | 'lru-percpu-hash'
  | 'lpm-trie'
  | 'array-of-maps'
  | 'hash-of-maps'
  | 'devmap'
  | 'devmap-hash'
  | 'cpumap'
  | 'xskmap'
  | 'ringbuf';

/** BPF_F_NO_PREALLOC, BPF_F_MMAPABLE, BPF_F_RDONLY_PROG, BPF_F_INNER_MAP. */
export type MapFlag = 'no-prealloc' | 'mmapable' | 'read-only-for-programs' | 'inner-map';

export interface MapSpec {
  /** At most 15 characters of [A-Za-z0-9_.] reach the kernel; longer names are cut there, never here. */
  readonly name: string;
  readonly type: MapType;
  /** Bytes. 0 for a ring buffer. */
  readonly keySize: number;
  /** Bytes of one value; per-CPU maps hold one for each possible CPU, each rounded up to 8 bytes at the kernel's door. */
  readonly valueSize: number;
  /** Entries; bytes for a ring buffer (a power of two, at least a page). */
  readonly maxEntries: number;
  readonly flags?: readonly MapFlag[];
  /** Where in a value its `struct bpf_spin_lock` lies; the kernel is told by BTF. Hash maps and arrays only. */
  readonly lockOffset?: number;
  /** The shape of the inner maps of array-of-maps and hash-of-maps. */
  readonly inner?: MapSpec;
}

export type ProgramType = 'xdp' | 'sched-cls' | 'socket-filter';
export type AttachType = 'xdp' | 'tcx-ingress' | 'tcx-egress';

/** Where an ld_imm64 refers to a map, by the name of its spec. */
export interface MapRelocation {
  /** Index of the 8-byte instruction slot that holds the ld_imm64's first half. */
  readonly slot: number;
  readonly map: string;
  /** `map`: the map itself. `map-value`: the address of element 0 of an array map, plus `valueOffset` bytes. */
  readonly kind: 'map' | 'map-value';
  readonly valueOffset: number;
}

export interface ProgramSpec {
  readonly name: string;
  readonly type: ProgramType;
  readonly attach?: AttachType;
  /** Encoded instructions, 8 bytes a slot, little endian, map references unresolved. */
  readonly code: Uint8Array;
  readonly relocations: readonly MapRelocation[];
  readonly license: 'Dual MIT/GPL';
  /** Functions behind the main one, in order, where each begins in `code`. Calls of them are resolved. */
  readonly subprograms?: readonly { readonly name: string; readonly slot: number }[];
  /** Type, function and line information, each as BPF_PROG_LOAD takes it. */
  readonly btf?: { readonly types: Uint8Array; readonly functions: Uint8Array; readonly lines: Uint8Array };
}
