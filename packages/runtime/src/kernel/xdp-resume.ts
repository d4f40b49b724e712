import { BpfMap, BpfProgram, LiveFrames } from '@twinpath/ebpf';
import { inNamespace, type MappedMemory } from '@twinpath/linux';
import { FrameTooLongError } from '../packet-out/frame-too-long.ts';
import type { Losses } from '../packet-out/undelivered.ts';
import { attachIdle } from './idle-device.ts';
import { CURSOR, CURSOR_MAP, MAX_LIVE_FRAME, RECORD, recordMap, resumeProgram, WHAT } from './resume-program.ts';

/** What frames are sent back for. Frames of one source, with the same number of trips, go out together. */
export interface ResumeSource {
  /** Name of its namespace; `undefined`: that of this thread, which saves some microseconds a batch. */
  readonly namespace: string | undefined;
  /** Where the frames are said to come from. */
  readonly ifindex: number;
  /** Before frames are sent that have been through the function so often. */
  setTrips(trips: number): void;
}

export type What = keyof typeof WHAT;

/** Program arrays of a chain, by position. */
export interface ChainArrays {
  readonly path: BpfMap;
  readonly retry: BpfMap;
  readonly resume: BpfMap;
}

/** Bytes between two records: elements of an array map are rounded up. */
const STRIDE = (RECORD.size + 7) & ~7;

/**
 * Sends packets back into one XDP chain, many with one system call. For one thread: the call is over when it returns, and
 * nobody else writes the records meanwhile.
 */
export class XdpResume implements Disposable {
  readonly #stack: DisposableStack;
  readonly #frames: LiveFrames;
  readonly #cursor: Uint32Array;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #losses: Losses;
  #source: ResumeSource | undefined;
  #trips = 0;
  #waiting = 0;

  /** The arrays stay the caller's. */
  constructor({ path, retry, resume }: ChainArrays, losses: Losses) {
    this.#losses = losses;
    using stack = new DisposableStack();
    const records = stack.use(BpfMap.create(recordMap(LiveFrames.most)));
    const cursor = stack.use(BpfMap.create(CURSOR_MAP));
    const program = stack.use(BpfProgram.load(resumeProgram(), { maps: { cursor, records, resume, retry, path } }));
    stack.use(attachIdle(program));
    this.#frames = new LiveFrames(program);
    this.#cursor = new Uint32Array(memory(stack, cursor), 0, 3);
    const buffer = memory(stack, records);
    this.#words = new Uint32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#stack = stack.move();
  }

  /** Copies the frame. @throws FrameTooLongError */
  add(source: ResumeSource, what: What, position: number, frame: Uint8Array, trips = 0): void {
    if (frame.length > MAX_LIVE_FRAME) throw new FrameTooLongError(frame.length, MAX_LIVE_FRAME);
    if (source !== this.#source || trips !== this.#trips || this.#waiting === LiveFrames.most) this.send();
    this.#source = source;
    this.#trips = trips;
    const at = this.#waiting++ * STRIDE;
    this.#words[(at + RECORD.length) >>> 2] = frame.length;
    this.#words[(at + RECORD.what) >>> 2] = WHAT[what];
    this.#words[(at + RECORD.position) >>> 2] = position;
    this.#bytes.set(frame, at + RECORD.frame);
  }

  /** Sends what waits. */
  send(): void {
    const [source, frames] = [this.#source, this.#waiting];
    if (source === undefined || frames === 0) return;
    this.#waiting = 0;
    const cursor = this.#cursor;
    cursor[CURSOR.next] = 0;
    cursor[CURSOR.end] = frames;
    cursor[CURSOR.lost] = 0;
    const run = () => this.#frames.run(frames, source.ifindex);
    try {
      source.setTrips(this.#trips);
      if (source.namespace === undefined) run();
      else inNamespace(source.namespace, run);
    } catch (error) {
      this.#losses.add(frames - (cursor[CURSOR.next] ?? 0), error);
    }
    this.#losses.add(cursor[CURSOR.lost] ?? 0);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

function memory(stack: DisposableStack, map: BpfMap): ArrayBuffer {
  const mapped: MappedMemory = stack.use(map.mapMemory());
  return mapped.buffer;
}
