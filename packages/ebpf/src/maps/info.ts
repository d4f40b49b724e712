import { readFileSync } from 'node:fs';
import type { Fd } from '@twinpath/linux';
import { objectInfo, readText } from '../object.ts';
import type { MapFlag, MapType } from '../spec.ts';
import { mapFlagsOf, mapTypeOf } from './type.ts';

/** What the kernel says about a map. */
export interface MapInfo {
  readonly id: number;
  /** At most 15 characters. */
  readonly name: string;
  /** Undefined for a type that this library has no name for. */
  readonly type: MapType | undefined;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes, for one CPU. */
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: readonly MapFlag[];
  /** Id of the BTF object that describes key and value; 0 without. */
  readonly btfId: number;
  /** Bytes that the map occupies in the kernel. */
  readonly memoryBytes: number;
  /** No more changes from user space. */
  readonly frozen: boolean;
}

/** struct bpf_map_info up to map_extra. */
const infoSize = 88;

export function readMapInfo(fd: Fd, subject: string): MapInfo {
  const info = objectInfo(fd, infoSize, subject);
  const lines = readFileSync(`/proc/thread-self/fdinfo/${fd.number}`, 'utf8');
  return {
    id: info.getU32(4),
    name: readText(info, 24, 16),
    type: mapTypeOf(info.getU32(0)),
    keySize: info.getU32(8),
    valueSize: info.getU32(12),
    maxEntries: info.getU32(16),
    flags: mapFlagsOf(info.getU32(20)),
    btfId: info.getU32(64),
    memoryBytes: Number(/^memlock:\s*(\d+)/m.exec(lines)?.[1] ?? 0),
    frozen: /^frozen:\s*1/m.test(lines),
  };
}
