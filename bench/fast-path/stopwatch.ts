// Nanoseconds that a program takes for one packet, by repeated test runs.
//
// The clock is this thread's time on the CPU, which the scheduler counts in nanoseconds. The kernel's own figure is in whole
// nanoseconds for one packet; the wall clock also shows the wait around each test run, in steps of 4 ms, and other processes.
import { assembleProgram, BpfMap, BpfProgram, setTailCall } from '@twinpath/ebpf';
import { SyscallError } from '@twinpath/linux';
import { packetOf } from './packets.ts';
import type { Restore, Timed } from './programs.ts';

const LEAST_RUNS = 1_000_000;

export class Stopwatch {
  readonly #packet: Uint8Array;
  readonly #empty: BpfProgram;
  readonly #front: { readonly program: BpfProgram; readonly next: BpfMap } | undefined;
  readonly #seconds: number;

  /** `seconds`: how long one measurement takes at least. */
  constructor({ packet, restore }: Timed, seconds: number) {
    this.#packet = packetOf(packet);
    this.#seconds = seconds;
    const back = restore?.head === undefined ? '' : `r2 = ${restore.head}\ncall bpf_xdp_adjust_head#44\n`;
    this.#empty = BpfProgram.load(assembleProgram('tp_empty', 'xdp', `${back}r0 = 2\nexit`));
    this.#front = restore && makeFront(this.#packet, restore);
  }

  /** @throws Error for a program that does something else with the second packet than with the first */
  check(program: BpfProgram): void {
    const runs = [1, 2, 3, 4].map((repeat) => this.#entering(program).testRun({ data: this.#packet, repeat }).retval);
    if (new Set(runs).size !== 1)
      throw new Error(`${program.name}: the verdicts of equal packets are ${runs.join(', ')}`);
  }

  /** Without a program: the cost of a test run. */
  measure(program: BpfProgram = this.#empty): number {
    const first = this.once(program, LEAST_RUNS / 10);
    return this.once(program, Math.max(LEAST_RUNS, Math.ceil((this.#seconds * 1e9) / first)));
  }

  once(program: BpfProgram, runs: number): number {
    const entering = this.#entering(program);
    for (;;) {
      const before = cpuNs();
      try {
        entering.testRun({ data: this.#packet, repeat: runs });
        return (cpuNs() - before) / runs;
      } catch (error) {
        // A signal of the runtime ended the run: once more.
        if (!(error instanceof SyscallError) || error.code !== 'EINTR') throw error;
      }
    }
  }

  #entering(program: BpfProgram): BpfProgram {
    if (this.#front) setTailCall(this.#front.next, 0, program);
    return this.#front?.program ?? program;
  }

  [Symbol.dispose](): void {
    this.#empty[Symbol.dispose]();
    this.#front?.program[Symbol.dispose]();
    this.#front?.next[Symbol.dispose]();
  }
}

function cpuNs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1000;
}

/** Puts bytes back and calls the program. */
function makeFront(packet: Uint8Array, { bytes, head = 0, flows = 1 }: Restore) {
  const next = BpfMap.create({ name: 'next', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: 1 });
  const turn = BpfMap.create({ name: 'turn', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 });
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const stores = bytes.flatMap(([offset, size]) => [
    `r4 = ${valueAt(view, offset, size)}${size === 8 ? ' ll' : ''}`,
    `*(u${8 * size} *)(r2 +${offset}) = r4`,
  ]);
  const source = [
    'r6 = r1',
    ...(head === 0
      ? []
      : [
          'r3 = *(u32 *)(r6 +4)',
          'r2 = *(u32 *)(r6 +0)',
          'r3 -= r2',
          `if r3 == ${packet.length} goto whole`,
          `r2 = ${-head}`,
          'call bpf_xdp_adjust_head#44',
          'whole:',
        ]),
    'r2 = *(u32 *)(r6 +0)',
    'r3 = *(u32 *)(r6 +4)',
    'r4 = r2',
    `r4 += ${Math.max(...bytes.map(([offset, size]) => offset + size))}`,
    'if r4 > r3 goto out',
    ...stores,
    ...(flows === 1 ? [] : nextFlow(flows)),
    'r1 = r6',
    'r2 = map[next]',
    'r3 = 0',
    'call bpf_tail_call#12',
    'out:',
    'r0 = 0',
    'exit',
  ];
  const program = BpfProgram.load(assembleProgram('tp_front', 'xdp', source.join('\n')), { maps: { next, turn } });
  // The program holds it.
  turn[Symbol.dispose]();
  return { program, next };
}

/** The last byte of it is where a machine with little-endian order counts. */
const FIRST_FLOW = 0x4000;
const SOURCE_PORT = 34;

/** The source port of a flow by its number, 0 to 4095. */
export const sourcePort = (flow: number): number => ((flow & 0xff) << 8) | ((FIRST_FLOW | flow) >> 8);

const nextFlow = (flows: number): readonly string[] => [
  'r4 = map[turn][0]+0',
  'r5 = *(u64 *)(r4 +0)',
  'r3 = r5',
  'r3 += 1',
  '*(u64 *)(r4 +0) = r3',
  `r5 &= ${flows - 1}`,
  `r5 |= ${FIRST_FLOW}`,
  `*(u16 *)(r2 +${SOURCE_PORT}) = r5`,
];

function valueAt(view: DataView, offset: number, size: 1 | 2 | 4 | 8): string {
  if (size === 1) return String(view.getUint8(offset));
  if (size === 2) return String(view.getUint16(offset, true));
  if (size === 4) return String(view.getInt32(offset, true));
  return `0x${view.getBigUint64(offset, true).toString(16)}`;
}
