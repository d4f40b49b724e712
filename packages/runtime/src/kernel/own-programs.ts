// Programs of places that are the chain's own. XDP has one packet, and a broadcast of it runs no program: a packet that is flooded
// where functions are behind a port goes on to the stack with metadata in front that say from which place, and a tc program of the
// port it came by sends copies from there.
//
//   0      4          8
//   ┌──────┬──────────┬───────
//   │ key  │ position │ frame
//   └──────┴──────────┴───────

import { markWord } from '@twinpath/compiler/abi';
import { assembleProgram, type ProgramSpec } from '@twinpath/ebpf';
import type { Behind, OwnPlace } from '@twinpath/vnf/chain';
import { PROGRAM_PREFIX } from '../host/paths.ts';

const METADATA = { size: 8, key: 0, position: 4 } as const;
/** Fields of __sk_buff. */
const SKB = { mark: 8, ifindex: 40, cb: 48, data: 76, dataMeta: 140 } as const;
const TCX = { next: -1, drop: 2 } as const;
const IN = 1;

export interface OwnProgramOptions {
  readonly own: OwnPlace;
  readonly position: number;
  /** Of the slow path's packets, by which copies are known, too. */
  readonly key: number;
}

/** Refers to the chain's program array of tcx ingress as `path`. */
export function ownProgram({ own, position, key }: OwnProgramOptions): ProgramSpec {
  if (own.kind === 'raise') return assembleProgram(`${PROGRAM_PREFIX}raise`, 'xdp', raise(position, key));
  const floods = own.floods.map((flood) => copies(flood, key));
  return assembleProgram(`${PROGRAM_PREFIX}copy`, 'sched-cls', copy(own.floods, key) + floods.join(''));
}

const raise = (position: number, key: number): string => `
  r6 = r1
  r2 = -${METADATA.size}
  call bpf_xdp_adjust_meta
  if r0 != 0 goto lost
  r1 = *(u32 *)(r6 +8)
  r2 = *(u32 *)(r6 +0)
  r3 = r1
  r3 += ${METADATA.size}
  if r3 > r2 goto lost
  r4 = ${key | 0}
  *(u32 *)(r1 +${METADATA.key}) = r4
  r4 = ${position}
  *(u32 *)(r1 +${METADATA.position}) = r4
  r0 = 2
  exit
lost:
  r0 = 0
  exit`;

/** Copies that go to other places of the chain have come in once more, with the mark on. */
const copy = (floods: readonly { readonly position: number }[], key: number): string => `
  r6 = r1
  r9 = ${key | 0}
  r9 <<= 32
  r9 >>= 32
  r2 = *(u32 *)(r6 +${SKB.mark})
  if r2 == r9 goto marked
  r2 = *(u32 *)(r6 +${SKB.dataMeta})
  r3 = *(u32 *)(r6 +${SKB.data})
  r4 = r2
  r4 += ${METADATA.size}
  if r4 > r3 goto next
  r4 = *(u32 *)(r2 +${METADATA.key})
  if r4 != r9 goto next
  r7 = *(u32 *)(r2 +${METADATA.position})
  r8 = *(u32 *)(r6 +${SKB.ifindex})
${floods.map(({ position }) => `  if r7 == ${position} goto flood${position}\n`).join('')}next:
  r0 = ${TCX.next}
  exit
marked:
  r3 = *(u32 *)(r6 +${SKB.cb})
  r3 >>= 16
  r1 = r6
  r2 = map[path]
  call bpf_tail_call
  r0 = ${TCX.drop}
  exit
`;

function copies({ position, to }: { readonly position: number; readonly to: readonly Behind[] }, key: number): string {
  const all = to.map((behind, index) => copyTo(behind, key, `past${position}_${index}`)).join('');
  return `flood${position}:${all}
  r0 = ${TCX.drop}
  exit
`;
}

function copyTo(behind: Behind, key: number, past: string): string {
  switch (behind.kind) {
    case 'interface':
      return `
  if r8 == ${behind.ifindex} goto ${past}
  r1 = r6
  r2 = ${behind.ifindex}
  r3 = 0
  call bpf_clone_redirect
${past}:`;
    case 'position':
      return `
  r1 = ${key | 0}
  *(u32 *)(r6 +${SKB.mark}) = r1
  r1 = ${markWord(behind.position, 0) | 0}
  *(u32 *)(r6 +${SKB.cb}) = r1
  r1 = r6
  r2 = r8
  r3 = ${IN}
  call bpf_clone_redirect
  r1 = 0
  *(u32 *)(r6 +${SKB.mark}) = r1
  *(u32 *)(r6 +${SKB.cb}) = r1`;
    default:
      return '';
  }
}
