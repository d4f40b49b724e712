// The program that brings packets of the slow path back into an XDP chain. Its frames are blank live frames of a test run, and
// for each it takes the next record that lies ready:
//
//   0         4         8          12     16
//   ┌─────────┬─────────┬──────────┬──────┬───────────────┐
//   │ length  │ what    │ position │ zero │ the frame     │
//   └─────────┴─────────┴──────────┴──────┴───────────────┘
//
// So one call carries as many different packets as there are records, each as if its port had just received it. What cannot go
// on is dropped, and counted in the cursor: [next record, behind the last record, lost].

import { assembleProgram, type BpfMap, type MapSpec, type ProgramSpec } from '@twinpath/ebpf';
import { PROGRAM_PREFIX } from '../host/paths.ts';

/** What a live frame has room for: a page without headroom and the kernel's bookkeeping (net/bpf/test_run.c). */
export const MAX_LIVE_FRAME = 3400;

export const RECORD = { length: 0, what: 4, position: 8, frame: 16, size: 16 + MAX_LIVE_FRAME } as const;
export const CURSOR = { next: 0, end: 1, lost: 2 } as const;

/** `resume`: what is behind the function at the position, or nothing: on to the host. `retry`: the function once more.
 *  `enter`: the function at the position as if the frame had come by wire. `pass`: on to the host. */
export const WHAT = { resume: 0, retry: 1, enter: 2, pass: 3 } as const;

export const recordMap = (records: number): MapSpec => ({
  name: 'tp_records',
  type: 'array',
  keySize: 4,
  valueSize: RECORD.size,
  maxEntries: records,
  flags: ['mmapable'],
});

export const CURSOR_MAP: MapSpec = {
  name: 'tp_cursor',
  type: 'array',
  keySize: 4,
  valueSize: 16,
  maxEntries: 1,
  flags: ['mmapable'],
};

/** What the program refers to. */
export interface ResumeMaps {
  readonly cursor: BpfMap;
  readonly records: BpfMap;
  /** Program arrays of the chain, by position. */
  readonly resume: BpfMap;
  readonly retry: BpfMap;
  readonly path: BpfMap;
}

const tailCall = (array: 'resume' | 'retry' | 'path') => `
  r1 = r6
  r2 = map[${array}]
  r3 = r8
  call bpf_tail_call`;

const TEXT = `
  r6 = r1
  r7 = map[cursor][0]+0
  r8 = *(u32 *)(r7 +0)
  r1 = *(u32 *)(r7 +4)
  if r8 >= r1 goto lost
  r1 = r8
  r1 += 1
  *(u32 *)(r7 +0) = r1
  *(u32 *)(r10 -4) = r8
  r2 = r10
  r2 += -4
  r1 = map[records]
  call bpf_map_lookup_elem
  if r0 == 0 goto lost
  r9 = r0
  r1 = *(u32 *)(r6 +0)
  r3 = *(u32 *)(r6 +4)
  r3 -= r1
  r2 = *(u32 *)(r9 +${RECORD.length})
  r2 -= r3
  if r2 == 0 goto sized
  r1 = r6
  call bpf_xdp_adjust_tail
  if r0 != 0 goto lost
sized:
  r4 = *(u32 *)(r9 +${RECORD.length})
  if r4 < 14 goto lost
  if r4 > ${MAX_LIVE_FRAME} goto lost
  r1 = r6
  r2 = 0
  r3 = r9
  r3 += ${RECORD.frame}
  call bpf_xdp_store_bytes
  if r0 != 0 goto lost
  r1 = *(u32 *)(r9 +${RECORD.what})
  r8 = *(u32 *)(r9 +${RECORD.position})
  if r1 == ${WHAT.pass} goto pass
  if r1 == ${WHAT.retry} goto retry
  if r1 == ${WHAT.enter} goto enter${tailCall('resume')}
pass:
  r0 = 2
  exit
retry:${tailCall('retry')}
  goto lost
enter:${tailCall('path')}
lost:
  r1 = *(u32 *)(r7 +8)
  r1 += 1
  *(u32 *)(r7 +8) = r1
  r0 = 1
  exit`;

export const resumeProgram = (): ProgramSpec => assembleProgram(`${PROGRAM_PREFIX}resume`, 'xdp', TEXT);
