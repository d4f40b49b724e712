// The rings of an AF_XDP socket, mapped over pages of memory that we already have (a WebAssembly memory, for one): whoever
// works there, in whatever language, finds packets and rings in one address space.

import type { Fd } from './fd.ts';
import { mmapAnonymousAt, mmapAt } from './ffi.ts';
import { NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';

export const SOL_XDP = 283;

/** Of each kind: the option that sets its size, the offset in the socket's file, bytes of an entry, its place in struct
 *  xdp_mmap_offsets. */
const kinds = {
  rx: { option: 2, offset: 0, entry: 16, index: 0 },
  tx: { option: 3, offset: 0x8000_0000, entry: 16, index: 1 },
  fill: { option: 5, offset: 0x1_0000_0000, entry: 8, index: 2 },
  completion: { option: 6, offset: 0x1_8000_0000, entry: 8, index: 3 },
} as const;
/** `rx` and `tx` hold struct xdp_desc { u64 address; u32 length, options }, the others u64 addresses. */
export type XdpRingKind = keyof typeof kinds;
export const xdpRingKinds = ['rx', 'tx', 'fill', 'completion'] as const satisfies readonly XdpRingKind[];

/** Where a ring lies: byte offsets from the start of the memory that it was placed into. */
export interface XdpRing {
  /** u32 counters that run freely; whoever produces or consumes writes its own, behind the entries. */
  readonly producer: number;
  readonly consumer: number;
  /** u32; bit 0: the kernel wants to be woken. */
  readonly flags: number;
  readonly entries: number;
  /** Entries; a power of two. */
  readonly size: number;
}

/** Bytes of four u64 { producer, consumer, entries, flags }, one struct for each kind. */
const OFFSETS_BYTES = 128;
const XDP_MMAP_OFFSETS = 1;
const MAP_POPULATE = 0x8000;

interface Geometry {
  readonly producer: number;
  readonly consumer: number;
  readonly entries: number;
  readonly flags: number;
}

/** How many bytes of page-aligned memory a ring of any kind with `size` entries needs, at most. */
export function xdpRingBytes(size: number, page: number): number {
  // The kernel's header has the two counters and the flags on cache lines of their own: less than 1 KiB.
  return Math.ceil((1024 + 16 * size) / page) * page;
}

/** Sets the size of a ring; before the socket is bound. */
export function sizeRing(kind: XdpRingKind, set: (level: number, option: number, value: number) => void, size: number) {
  if (size < 2 || (size & (size - 1)) !== 0)
    throw new RangeError(`an AF_XDP ring of ${size} entries: a power of two is wanted`);
  set(SOL_XDP, kinds[kind].option, size);
}

export interface RingMapping {
  readonly kind: XdpRingKind;
  readonly size: number;
  /** Address of the memory, and how far into it the ring begins (a multiple of the page size). */
  readonly base: number;
  readonly at: number;
  readonly bytes: number;
}

export function mapRing(
  fd: Fd,
  offsets: NativeBuffer,
  { kind, size, base, at, bytes }: RingMapping,
  subject: string,
): XdpRing {
  const { producer, consumer, entries, flags } = geometry(offsets, kind);
  const needed = entries + size * kinds[kind].entry;
  if (needed > bytes) throw new RangeError(`${subject}: its ${kind} ring needs ${needed} bytes of ${bytes}`);
  check('mmap', mmapAt(base + at, needed, MAP_POPULATE, fd.number, kinds[kind].offset), { subject });
  return { producer: at + producer, consumer: at + consumer, flags: at + flags, entries: at + entries, size };
}

/** Puts ordinary memory, all zero, where a ring was. */
export function unmapRing(address: number, bytes: number, subject: string): void {
  check('mmap', mmapAnonymousAt(address, bytes), { subject });
}

/** struct xdp_mmap_offsets; in kernels before 5.4 it has no flags. */
export function readRingOffsets(get: (level: number, option: number, value: NativeBuffer) => void): NativeBuffer {
  const offsets = new NativeBuffer(OFFSETS_BYTES);
  get(SOL_XDP, XDP_MMAP_OFFSETS, offsets);
  return offsets;
}

function geometry(offsets: NativeBuffer, kind: XdpRingKind): Geometry {
  const word = (index: number) => Number(offsets.getU64(kinds[kind].index * 32 + 8 * index));
  return { producer: word(0), consumer: word(1), entries: word(2), flags: word(3) };
}
