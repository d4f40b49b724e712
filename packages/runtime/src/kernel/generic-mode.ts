// Packets that the slow path sends back, where XDP runs in the stack (generic mode).
//
// A test run with live frames gives what passes to the stack, and the stack gives it to the interface's generic XDP program:
// the packet would meet the function once more. So the interface's program is a guard in front of the function, and what is
// injected leaves a mark for it. Both run on one CPU with bottom halves disabled (net/bpf/test_run.c, xdp_test_run_batch):
// no other packet comes between. Where receive packet steering moves the packet to another CPU, it does meet the function
// again, and a mark that is left over is void after a millisecond, or when the injection is over.
//
//   live frame → mark → pass, or function (retry) → stack → guard: marked → stack
//   wire → guard: not marked → function

import { assembleProgram, BpfMap, BpfProgram, setTailCall } from '@twinpath/ebpf';
import { possibleCpus } from '@twinpath/linux';
import { PROGRAM_PREFIX } from '../host/paths.ts';

const WIRE = 0;
const RETRY = 1;

/** Finds this CPU's mark, a time in nanoseconds, at r7. */
const findMark = (otherwise: string) => `
  r6 = r1
  r1 = 0
  *(u32 *)(r10 -4) = r1
  r2 = r10
  r2 += -4
  r1 = map[mark]
  call bpf_map_lookup_elem
  if r0 == 0 goto ${otherwise}
  r7 = r0`;

const goTo = (slot: number) => `
  r1 = r6
  r2 = map[programs]
  r3 = ${slot}
  call bpf_tail_call
  r0 = 0
  exit`;

const GUARD = `${findMark('function')}
  r8 = *(u64 *)(r7 +0)
  if r8 == 0 goto function
  r1 = 0
  *(u64 *)(r7 +0) = r1
  call bpf_ktime_get_ns
  r0 -= r8
  if r0 > 1000000 goto function
  r0 = 2
  exit
function:${goTo(WIRE)}`;

const setMark = (then: string) => `${findMark('then')}
  call bpf_ktime_get_ns
  *(u64 *)(r7 +0) = r0
then:${then}`;

const PASS = `
  r0 = 2
  exit`;

/** Programs around the function's own, and what they share. */
export class GenericMode implements Disposable {
  /** For the interface, in place of the function's program. */
  readonly guard: BpfProgram;
  readonly #pass: BpfProgram;
  readonly #retry: BpfProgram;
  readonly #mark: BpfMap;
  readonly #programs: BpfMap;

  /** `pinned`: where the program array is pinned, which the kernel empties when nobody holds it. */
  constructor(pinned: string) {
    using stack = new DisposableStack();
    const mark = stack.use(
      BpfMap.create({ name: 'tp_mark', type: 'percpu-array', keySize: 4, valueSize: 8, maxEntries: 1 }),
    );
    const programs = stack.use(
      BpfMap.create({ name: 'tp_programs', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: 2 }),
    );
    const load = (name: string, text: string) =>
      stack.use(BpfProgram.load(assembleProgram(PROGRAM_PREFIX + name, 'xdp', text), { maps: { mark, programs } }));
    this.guard = load('guard', GUARD);
    this.#pass = load('mark_pass', setMark(PASS));
    this.#retry = load('mark_retry', setMark(goTo(RETRY)));
    programs.pin(pinned);
    this.#mark = mark;
    this.#programs = programs;
    stack.move();
  }

  /** Packets meet this program first from now on. */
  use(program: BpfProgram): void {
    setTailCall(this.#programs, WIRE, program);
  }

  /** What to run in place of a program that lets pass, or the function's own. */
  marking(what: 'pass' | 'retry'): BpfProgram {
    return what === 'pass' ? this.#pass : this.#retry;
  }

  /** The injection is over. */
  clearMarks(): void {
    const none = possibleCpus().map(() => new Uint8Array(8));
    this.#mark.updatePerCpu(new Uint8Array(4), none);
  }

  [Symbol.dispose](): void {
    for (const one of [this.guard, this.#pass, this.#retry, this.#mark, this.#programs]) one[Symbol.dispose]();
  }
}
