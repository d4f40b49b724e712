import { bpfSyscall } from './ffi.ts';
import { keepAlive, type NativeBuffer } from './native-buffer.ts';

/** Commands of bpf(2), include/uapi/linux/bpf.h: enum bpf_cmd. */
export const BpfCommand = {
  MAP_CREATE: 0,
  MAP_LOOKUP_ELEM: 1,
  MAP_UPDATE_ELEM: 2,
  MAP_DELETE_ELEM: 3,
  MAP_GET_NEXT_KEY: 4,
  PROG_LOAD: 5,
  OBJ_PIN: 6,
  OBJ_GET: 7,
  PROG_ATTACH: 8,
  PROG_DETACH: 9,
  PROG_TEST_RUN: 10,
  PROG_GET_NEXT_ID: 11,
  MAP_GET_NEXT_ID: 12,
  PROG_GET_FD_BY_ID: 13,
  MAP_GET_FD_BY_ID: 14,
  OBJ_GET_INFO_BY_FD: 15,
  PROG_QUERY: 16,
  BTF_LOAD: 18,
  BTF_GET_FD_BY_ID: 19,
  MAP_LOOKUP_AND_DELETE_ELEM: 21,
  MAP_FREEZE: 22,
  BTF_GET_NEXT_ID: 23,
  MAP_LOOKUP_BATCH: 24,
  MAP_LOOKUP_AND_DELETE_BATCH: 25,
  MAP_UPDATE_BATCH: 26,
  MAP_DELETE_BATCH: 27,
  LINK_CREATE: 28,
  LINK_UPDATE: 29,
  LINK_GET_FD_BY_ID: 30,
  LINK_GET_NEXT_ID: 31,
  ENABLE_STATS: 32,
  LINK_DETACH: 34,
  PROG_BIND_MAP: 35,
} as const;

const EAGAIN = 11;
const LOAD_TRIES = 5;

/**
 * One bpf(2) call: a result >= 0 (often a new descriptor), or minus the errno.
 * `attr` is a zero-filled union bpf_attr; an unknown tail that is not zero is E2BIG.
 * A verification that a pending signal broke off (EAGAIN) is begun again, at most five times in all.
 */
export function bpf(command: number, attr: NativeBuffer): number {
  let result = bpfSyscall(command, attr.address, attr.bytes.byteLength);
  for (let tries = 1; command === BpfCommand.PROG_LOAD && result === -EAGAIN && tries < LOAD_TRIES; tries++) {
    result = bpfSyscall(command, attr.address, attr.bytes.byteLength);
  }
  keepAlive(attr);
  return result;
}
