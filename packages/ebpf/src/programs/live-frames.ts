import { BpfCommand, bpf, check, NativeBuffer } from '@twinpath/linux';
import { context } from '../object.ts';
import { xdpContext } from './context.ts';
import type { BpfProgram } from './program.ts';

const BPF_F_TEST_XDP_LIVE_FRAMES = 2;
/** The shortest frame of Ethernet. What the program makes of it is its own business. */
const BLANK = 64;
const INGRESS = 12;

export interface LiveFramesOptions {
  /** Bytes in front of each frame, from `data_meta` on: a multiple of 4. Default 0. */
  readonly metadataSize?: number;
  /** Bytes of each frame; default 64. */
  readonly length?: number;
}

/**
 * Runs one XDP program on blank frames whose verdicts are carried out, many with one system call, and makes no
 * objects for it. The program must be attached natively somewhere, or a call costs milliseconds: the kernel puts the program
 * into its dispatcher and takes it out again. Since 5.18.
 */
export class LiveFrames {
  /** The kernel handles so many at a time: more of them would be several batches. */
  static readonly most = 256;
  readonly #subject: string;
  readonly #context: NativeBuffer;
  readonly #attr: NativeBuffer;

  /** The program stays the caller's, and open. */
  constructor(program: BpfProgram, options: LiveFramesOptions = {}) {
    const { metadataSize = 0, length: frameLength = BLANK } = options;
    const length = metadataSize + frameLength;
    this.#subject = `live frames of program "${program.name}"`;
    this.#context = new NativeBuffer(xdpContext({ length, metadataLength: metadataSize }));
    this.#attr = new NativeBuffer(80).setU32(0, program.fd.number);
    this.#attr.setU32(8, length).setPointer(16, new NativeBuffer(length));
    this.#attr.setU32(40, this.#context.size).setPointer(48, this.#context);
    this.#attr.setU32(64, BPF_F_TEST_XDP_LIVE_FRAMES).setU32(72, LiveFrames.most);
  }

  /**
   * `frames`: how many, 256 at most. `ingressIfindex`: where they are said to come from, in this thread's namespace.
   * @throws SyscallError (EINVAL: there is no such interface).
   */
  run(frames: number, ingressIfindex: number): void {
    this.#context.setU32(INGRESS, ingressIfindex);
    this.#attr.setU32(32, frames);
    const result = bpf(BpfCommand.PROG_TEST_RUN, this.#attr);
    if (result < 0) check('bpf(PROG_TEST_RUN)', result, context(result, this.#subject));
  }
}
