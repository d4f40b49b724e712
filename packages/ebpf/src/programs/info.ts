import { type Fd, NativeBuffer } from '@twinpath/linux';
import { objectInfo, readText } from '../object.ts';
import type { ProgramType } from '../spec.ts';
import { programTypeOf } from './type.ts';

/** What the kernel says about a program. */
export interface ProgramInfo {
  readonly id: number;
  /** At most 15 characters. */
  readonly name: string;
  /** Undefined for a type that this library does not make. */
  readonly type: ProgramType | undefined;
  /** 16 hexadecimal digits: equal for equal instructions. */
  readonly tag: string;
  /** Bytes of instructions behind the verifier. */
  readonly translatedSize: number;
  /** Bytes of machine code; 0 when interpreted. */
  readonly jitedSize: number;
  /** Ids of the maps that it refers to. */
  readonly mapIds: readonly number[];
  /** Id of the BTF object with its function and line information; 0 without. */
  readonly btfId: number;
  /** Nanoseconds since boot. */
  readonly loadedAtNs: bigint;
  /** Counted only while enableRuntimeStats() is held. */
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  /** Instructions that the verifier walked. Since 5.16, 0 before. */
  readonly verifiedInstructions: number;
}

/** struct bpf_prog_info up to attach_btf_id. */
const infoSize = 232;

export function readProgramInfo(fd: Fd, subject: string): ProgramInfo {
  const info = objectInfo(fd, infoSize, subject);
  return {
    id: info.getU32(4),
    name: readText(info, 64, 16),
    type: programTypeOf(info.getU32(0)),
    tag: Array.from(info.bytes.subarray(8, 16), (byte) => byte.toString(16).padStart(2, '0')).join(''),
    jitedSize: info.getU32(16),
    translatedSize: info.getU32(20),
    loadedAtNs: info.getU64(40),
    mapIds: readMapIds(fd, info.getU32(52), subject),
    btfId: info.getU32(128),
    runTimeNs: info.getU64(192),
    runCount: info.getU64(200),
    verifiedInstructions: info.getU32(216),
  };
}

function readMapIds(fd: Fd, count: number, subject: string): number[] {
  if (count === 0) return [];
  const ids = new NativeBuffer(4 * count);
  objectInfo(fd, infoSize, subject, new NativeBuffer(infoSize).setU32(52, count).setPointer(56, ids));
  return Array.from({ length: count }, (_, index) => ids.getU32(4 * index));
}
