// Programs that bring packets of the slow path back. Their frames are blank live frames of a test run, and for each they take
// the next record that lies ready:
//
//   0         4         8             12        16
//   ┌─────────┬─────────┬─────────────┬─────────┬───────────────┐
//   │ length  │ what    │ position,   │ ifindex │ the frame     │
//   │         │         │ or the mark │ or trips│               │
//   └─────────┴─────────┴─────────────┴─────────┴───────────────┘
//
// So one call carries as many different packets as there are records, each as if its port had just received it. What cannot go
// on is dropped, and counted in the cursor: [next record, behind the last record, lost].

import { assembleProgram, type MapSpec, type ProgramSpec } from '@twinpath/ebpf';
import { PROGRAM_PREFIX } from '../host/paths.ts';
import { FIND_MARK } from './generic-mode.ts';

/** What a live frame has room for: a page without headroom and the kernel's bookkeeping (net/bpf/test_run.c). */
export const MAX_LIVE_FRAME = 3400;

export const RECORD = { length: 0, what: 4, position: 8, beside: 12, frame: 16, size: 16 + MAX_LIVE_FRAME } as const;
export const CURSOR = { next: 0, end: 1, lost: 2 } as const;

/** `resume`: what is behind the function at the position, or nothing: on to the host. `enter`: the function at the position as if the
 *  frame had come by wire. `pass`: on to the host. `clear`: what follows on this CPU was
 *  not sent again. */
export const WHAT = { resume: 0, enter: 1, pass: 2, clear: 3 } as const;

/** In front of a frame that is to come in by a tcx hook: [mark word, ifindex]. */
export const METADATA_SIZE = 8;

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

/** The next record is at r9, and its frame in the packet; the context in r6, the cursor in r7, the record's position in r8. */
const TAKE_RECORD = `
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
  r8 = *(u32 *)(r9 +${RECORD.position})`;

const LOST = `
lost:
  r1 = *(u32 *)(r7 +8)
  r1 += 1
  *(u32 *)(r7 +8) = r1
  r0 = 1
  exit`;

const tailCall = (array: 'resume' | 'path') => `
  r1 = r6
  r2 = map[${array}]
  r3 = r8
  call bpf_tail_call`;

/** For the guard of an interface whose XDP runs in the stack. */
const LEAVE_MARK = `
  *(u64 *)(r10 -16) = r6${FIND_MARK}
  if r0 == 0 goto lost
  r6 = r0
  call bpf_ktime_get_ns
  *(u64 *)(r6 +0) = r0
  r6 = *(u64 *)(r10 -16)`;

/** Of this packet, for functions that hand it up. */
const LEAVE_TRIPS = `
  r1 = 0
  *(u32 *)(r10 -4) = r1
  r2 = r10
  r2 += -4
  r1 = map[trips]
  call bpf_map_lookup_elem
  if r0 == 0 goto lost
  r1 = *(u32 *)(r9 +${RECORD.beside})
  *(u32 *)(r0 +0) = r1`;

const resume = (leaveMark: string) => `${TAKE_RECORD}${LEAVE_TRIPS}${leaveMark}
  r1 = *(u32 *)(r9 +${RECORD.what})
  if r1 == ${WHAT.pass} goto pass
  if r1 == ${WHAT.clear} goto clear
  if r1 == ${WHAT.enter} goto enter${tailCall('resume')}
pass:
  r0 = 2
  exit
enter:${tailCall('path')}
  goto lost
clear:
  r0 = 1
  exit
${LOST}`;

const ANNOUNCE = `${TAKE_RECORD}
  r1 = *(u32 *)(r6 +8)
  r2 = *(u32 *)(r6 +0)
  r3 = r1
  r3 += ${METADATA_SIZE}
  if r3 > r2 goto lost
  *(u32 *)(r1 +0) = r8
  r2 = *(u32 *)(r9 +${RECORD.beside})
  *(u32 *)(r1 +4) = r2
  r0 = 2
  exit
${LOST}`;

/** On in an XDP chain. Refers to the chain's program arrays `path` and `resume`, by position, to `trips`, and, if it leaves marks, to `mark`. */
export const resumeProgram = ({ leavesMarks }: { readonly leavesMarks: boolean }): ProgramSpec =>
  assembleProgram(`${PROGRAM_PREFIX}resume`, 'xdp', resume(leavesMarks ? LEAVE_MARK : ''));

/** On to the tc programs of the interface, with metadata that say what they are to do. */
export const announceProgram = (): ProgramSpec => assembleProgram(`${PROGRAM_PREFIX}announce`, 'xdp', ANNOUNCE);
