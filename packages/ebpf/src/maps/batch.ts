import { BpfCommand, bpf, check, Errno, type Fd, NativeBuffer } from '@twinpath/linux';
import { context } from '../object.ts';

/** What batch operations need to know of a map. */
export interface BatchShape {
  readonly fd: Fd;
  readonly keySize: number;
  /** Bytes of an entry's value as they cross the kernel's door. */
  readonly storedSize: number;
  readonly subject: string;
  /** A walk that finds its last key deleted begins again: tries; hash tables walk by bucket. */
  readonly startsOver: boolean;
}

type BatchCommand = 'MAP_LOOKUP_BATCH' | 'MAP_UPDATE_BATCH' | 'MAP_DELETE_BATCH';

/** Entries packed one behind the other. */
export interface PackedEntries {
  readonly count: number;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
}

/** union bpf_attr: in_batch 0, out_batch 8, keys 16, values 24, count 32, map_fd 36, elem_flags 40, flags 48. */
function batchAttr(fd: Fd): NativeBuffer {
  return new NativeBuffer(56).setU32(36, fd.number);
}

/** The kernel has no such batch operation for this type of map. */
const unsupported = (result: number) => result === -Errno.ENOTSUPP || result === -Errno.EINVAL;

/**
 * Updates packed entries with one system call. False when this type of map has no batch update.
 * @throws SyscallError that says how many entries were written before the failure.
 */
export function updateBatch(shape: BatchShape, { count, keys, values }: PackedEntries): boolean {
  const attr = batchAttr(shape.fd).setPointer(16, new NativeBuffer(keys)).setPointer(24, new NativeBuffer(values));
  attr.setU32(32, count);
  const result = bpf(BpfCommand.MAP_UPDATE_BATCH, attr);
  if (result === -Errno.ENOTSUPP) return false;
  if (result < 0) fail('MAP_UPDATE_BATCH', result, shape, attr.getU32(32), count);
  return true;
}

/** Deletes packed keys, ignoring those that are not there; how many were, or undefined without batch deletion. */
export function deleteBatch(shape: BatchShape, keys: Uint8Array): number | undefined {
  const total = keys.length / shape.keySize;
  const attr = batchAttr(shape.fd);
  let deleted = 0;
  for (let at = 0; at < total; ) {
    attr.setPointer(16, new NativeBuffer(keys.subarray(at * shape.keySize))).setU32(32, total - at);
    const result = bpf(BpfCommand.MAP_DELETE_BATCH, attr);
    if (result === -Errno.ENOTSUPP) return undefined;
    const done = attr.getU32(32);
    deleted += done;
    // The kernel stops at a missing key: go on behind it.
    if (result === -Errno.ENOENT) at += done + 1;
    else if (result < 0) fail('MAP_DELETE_BATCH', result, shape, at + done, total);
    else return deleted;
  }
  return deleted;
}

/**
 * Walks a map in chunks; what is there all the time comes exactly once, or at least once when the walk starts over.
 * The chunk's arrays are reused. Yields undefined, once and first, when the map has no batch lookup.
 */
export function* lookupBatches(shape: BatchShape, maxEntries: number): Generator<PackedEntries | undefined> {
  let room = Math.min(maxEntries, 1024);
  let [keys, values] = buffers(shape, room);
  const tokens = [new NativeBuffer(Math.max(4, shape.keySize)), new NativeBuffer(Math.max(4, shape.keySize))] as const;
  const attr = batchAttr(shape.fd);
  for (let round = 0, first = true; ; ) {
    attr.setPointer(0, first ? undefined : tokens[(round + 1) % 2]).setPointer(8, tokens[round % 2]);
    attr.setPointer(16, keys).setPointer(24, values).setU32(32, room);
    const result = bpf(BpfCommand.MAP_LOOKUP_BATCH, attr);
    if (first && unsupported(result)) return yield undefined;
    if (result === -Errno.ENOSPC) {
      // One bucket holds more entries than there is room for.
      room *= 2;
      [keys, values] = buffers(shape, room);
      continue;
    }
    if (result < 0 && result !== -Errno.ENOENT) fail('MAP_LOOKUP_BATCH', result, shape, 0, maxEntries);
    const count = attr.getU32(32);
    if (count > 0) yield { count, keys: keys.bytes, values: values.bytes };
    // ENOENT is the end, with a valid count.
    if (result === -Errno.ENOENT) return;
    first = false;
    round++;
  }
}

function buffers({ keySize, storedSize }: BatchShape, room: number): [NativeBuffer, NativeBuffer] {
  return [new NativeBuffer(room * keySize), new NativeBuffer(room * storedSize)];
}

function fail(command: BatchCommand, result: number, { subject }: BatchShape, done: number, total: number): never {
  check(`bpf(${command})`, result, { ...context(result, subject), detail: `after ${done} of ${total} entries` });
  throw new TypeError(`bpf(${command}) did not fail`);
}
