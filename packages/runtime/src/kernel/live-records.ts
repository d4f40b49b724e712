import { BpfMap, BpfProgram, LiveFrames, type ProgramSpec } from '@twinpath/ebpf';
import { inNamespace } from '@twinpath/linux';
import { FrameTooLongError } from '../packet-out/frame-too-long.ts';
import type { Losses } from '../packet-out/undelivered.ts';
import { attachIdle } from './idle-device.ts';
import { CURSOR, CURSOR_MAP, MAX_LIVE_FRAME, RECORD, recordMap } from './resume-program.ts';

/** Bytes between two records: elements of an array map are rounded up. */
const STRIDE = (RECORD.size + 7) & ~7;

export interface LiveRecordsOptions {
  /** Of resume-program.ts. */
  readonly program: ProgramSpec;
  /** What it refers to besides records and cursor; they stay the caller's. */
  readonly maps: Readonly<Record<string, BpfMap>>;
  /** Bytes of metadata in front of each frame. */
  readonly metadataSize: number;
  /** Frames go out each with a call of its own, and this is done behind each. */
  readonly behindEach?: () => void;
}

export interface LiveRecord {
  readonly what: number;
  readonly position: number;
  /** An ifindex on tcx, trips in XDP. */
  readonly beside: number;
}

/** Where frames are said to come from. */
export interface LiveOrigin {
  /** Name of its namespace; `undefined`: that of this thread, which saves some microseconds a batch. */
  readonly namespace: string | undefined;
  readonly ifindex: number;
}

/**
 * Sends frames by a program that takes them from records, many with one system call. For one thread: the call is over when it
 * returns, and nobody else writes the records meanwhile.
 */
export class LiveRecords implements Disposable {
  readonly #stack: DisposableStack;
  readonly #frames: LiveFrames;
  readonly #cursor: Uint32Array;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #behindEach: (() => void) | undefined;
  #waiting = 0;

  constructor({ program: spec, maps, metadataSize, behindEach }: LiveRecordsOptions) {
    using stack = new DisposableStack();
    const records = stack.use(BpfMap.create(recordMap(LiveFrames.most)));
    const cursor = stack.use(BpfMap.create(CURSOR_MAP));
    const program = stack.use(BpfProgram.load(spec, { maps: { ...maps, cursor, records } }));
    stack.use(attachIdle(program));
    this.#frames = new LiveFrames(program, { metadataSize });
    this.#cursor = new Uint32Array(stack.use(cursor.mapMemory()).buffer, 0, 3);
    const { buffer } = stack.use(records.mapMemory());
    this.#words = new Uint32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#behindEach = behindEach;
    this.#stack = stack.move();
  }

  hasRoomFor(frames: number): boolean {
    return this.#waiting + frames <= LiveFrames.most;
  }

  get isEmpty(): boolean {
    return this.#waiting === 0;
  }

  /** Copies the frame; there must be room. @throws FrameTooLongError */
  add({ what, position, beside }: LiveRecord, frame: Uint8Array): void {
    if (frame.length > MAX_LIVE_FRAME) throw new FrameTooLongError(frame.length, MAX_LIVE_FRAME);
    const at = this.#waiting++ * STRIDE;
    const word = at >>> 2;
    this.#words[word + RECORD.length / 4] = frame.length;
    this.#words[word + RECORD.what / 4] = what;
    this.#words[word + RECORD.position / 4] = position;
    this.#words[word + RECORD.beside / 4] = beside;
    this.#bytes.set(frame, at + RECORD.frame);
  }

  /** What does not go on is added to the losses. */
  send(origin: LiveOrigin, losses: Losses): void {
    const frames = this.#waiting;
    this.#waiting = 0;
    if (this.#behindEach === undefined) {
      this.#run(origin, losses, 0, frames);
      return;
    }
    for (let first = 0; first < frames; first++) {
      this.#run(origin, losses, first, first + 1);
      this.#behindEach();
    }
  }

  /** Lets go of what waits. */
  clear(): void {
    this.#waiting = 0;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #run({ namespace, ifindex }: LiveOrigin, losses: Losses, first: number, end: number): void {
    const cursor = this.#cursor;
    cursor[CURSOR.next] = first;
    cursor[CURSOR.end] = end;
    cursor[CURSOR.lost] = 0;
    const run = () => this.#frames.run(end - first, ifindex);
    try {
      if (namespace === undefined) run();
      else inNamespace(namespace, run);
    } catch (error) {
      losses.add(end - (cursor[CURSOR.next] ?? first), error);
    }
    losses.add(cursor[CURSOR.lost] ?? 0);
  }
}
