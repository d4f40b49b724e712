// Packets that the slow path sends back, where XDP runs in the stack (generic mode).
//
// A test run with live frames gives what passes to the stack, and the stack gives it to the interface's generic XDP program:
// the packet would meet the functions once more. So the interface's program is a guard in front of them, and what is injected
// leaves a mark for it. Both run on one CPU with bottom halves disabled (net/bpf/test_run.c, xdp_test_run_batch): no other
// packet comes between. Where receive packet steering moves the packet to another CPU, it does meet the functions again, and a
// mark that is left over is void after a millisecond, or when the injection is over.
//
//   live frame → mark → pass, or functions → stack → guard: marked → stack
//   wire → guard: not marked → functions

import { existsSync } from 'node:fs';
import { assembleProgram, BpfMap, BpfProgram, type MapSpec, setTailCall } from '@twinpath/ebpf';
import { PROGRAM_PREFIX } from '../host/paths.ts';

/** Finds this CPU's mark, a time in nanoseconds, at r0, or nothing. Spoils r1 to r5. */
export const FIND_MARK = `
  r1 = 0
  *(u32 *)(r10 -4) = r1
  r2 = r10
  r2 += -4
  r1 = map[mark]
  call bpf_map_lookup_elem`;

const GUARD = `
  r6 = r1${FIND_MARK}
  if r0 == 0 goto functions
  r8 = *(u64 *)(r0 +0)
  if r8 == 0 goto functions
  r1 = 0
  *(u64 *)(r0 +0) = r1
  call bpf_ktime_get_ns
  r0 -= r8
  if r0 > 1000000 goto functions
  r0 = 2
  exit
functions:
  r1 = r6
  r2 = map[first]
  r3 = 0
  call bpf_tail_call
  r0 = 0
  exit`;

const FIRST: MapSpec = { name: 'tp_first', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: 1 };

/** The guard of one interface. */
export class GenericMode implements Disposable {
  /** For the interface, in place of the first function's program. */
  readonly guard: BpfProgram;
  readonly #first: BpfMap;

  /** `pinned`: where the program array is pinned, which the kernel empties when nobody holds it; one that is there is gone on with. */
  constructor(pinned: string, mark: BpfMap) {
    using stack = new DisposableStack();
    const isNew = !existsSync(pinned);
    const first = stack.use(isNew ? BpfMap.create(FIRST) : BpfMap.fromPin(pinned));
    const spec = assembleProgram(`${PROGRAM_PREFIX}guard`, 'xdp', GUARD);
    this.guard = stack.use(BpfProgram.load(spec, { maps: { mark, first } }));
    if (isNew) first.pin(pinned);
    this.#first = first;
    stack.move();
  }

  /** Packets meet this program first from now on. */
  use(program: BpfProgram): void {
    setTailCall(this.#first, 0, program);
  }

  [Symbol.dispose](): void {
    this.guard[Symbol.dispose]();
    this.#first[Symbol.dispose]();
  }
}
