import { BpfCommand, bpf, check, type Fd, NativeBuffer } from '@twinpath/linux';
import { context } from '../object.ts';

const BPF_F_TEST_XDP_LIVE_FRAMES = 2;
/** Room for what comes back: more than any test run returns. */
const outputSize = 72 * 1024;

export interface TestRun {
  /** The packet from its Ethernet header on, 14 bytes at least; with metadata in front when `ctx` says so. */
  readonly data: Uint8Array;
  /** struct xdp_md or struct __sk_buff: see xdpContext() and skbContext(). */
  readonly ctx?: Uint8Array;
  /**
   * Runs, on the same bytes (the program sees its own changes); default 1. More than one cost an XDP program that is not
   * attached anywhere some 24 ms for each call: the kernel puts it into its dispatcher and takes it out again.
   */
  readonly repeat?: number;
  /**
   * XDP only: verdicts are carried out as if the packet had come from the context's interface; nothing is returned but
   * errors. Since 5.18.
   */
  readonly liveFrames?: boolean;
  /** Live frames handled at a time, 256 at most; default 64. */
  readonly batchSize?: number;
  /** Only for program types that take it; XDP and tc run on the calling CPU. */
  readonly cpu?: number;
}

export interface TestRunResult {
  /** The verdict. 0 with live frames. */
  readonly retval: number;
  /** The packet behind the program. Empty with live frames. */
  readonly data: Uint8Array;
  /** The context behind the program, as large as `ctx` was. */
  readonly ctx: Uint8Array;
  /** Mean nanoseconds of a run. */
  readonly durationNs: number;
}

// One call at a time: this thread waits for it.
const attr = new NativeBuffer(80);
const output = new NativeBuffer(outputSize);
const contextOutput = new NativeBuffer(256);

/** BPF_PROG_TEST_RUN, in this thread's namespace. */
export function testRun(program: Fd, run: TestRun, subject: string): TestRunResult {
  const { data, ctx, repeat = 1, liveFrames = false, batchSize = 0, cpu = 0 } = run;
  attr.bytes.fill(0);
  attr.setU32(0, program.number).setU32(8, data.length).setPointer(16, new NativeBuffer(data)).setU32(32, repeat);
  if (!liveFrames) attr.setU32(12, output.size).setPointer(24, output);
  if (ctx !== undefined) attr.setU32(40, ctx.length).setPointer(48, new NativeBuffer(ctx));
  if (ctx !== undefined && !liveFrames) attr.setU32(44, ctx.length).setPointer(56, contextOutput);
  attr
    .setU32(64, liveFrames ? BPF_F_TEST_XDP_LIVE_FRAMES : 0)
    .setU32(68, cpu)
    .setU32(72, batchSize);
  const result = bpf(BpfCommand.PROG_TEST_RUN, attr);
  if (result < 0) check('bpf(PROG_TEST_RUN)', result, context(result, `${subject} on ${data.length} bytes`));
  return {
    retval: attr.getU32(4),
    data: output.bytes.slice(0, liveFrames ? 0 : attr.getU32(12)),
    ctx: contextOutput.bytes.slice(0, attr.getU32(44)),
    durationNs: attr.getU32(36),
  };
}
