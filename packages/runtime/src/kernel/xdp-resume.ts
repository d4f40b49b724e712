import type { BpfMap } from '@twinpath/ebpf';
import { possibleCpus } from '@twinpath/linux';
import type { Losses } from '../packet-out/undelivered.ts';
import { type LiveOrigin, LiveRecords } from './live-records.ts';
import { resumeProgram, WHAT } from './resume-program.ts';

/** What frames are sent back for. Frames of one source, with the same number of trips, go out together. */
export interface ResumeSource extends LiveOrigin {
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

export interface XdpResumeOptions {
  /** They stay the caller's. */
  readonly arrays: ChainArrays;
  /** Of a chain on an interface whose XDP runs in the stack: where marks are left for its guard. */
  readonly mark: BpfMap | undefined;
  readonly losses: Losses;
  /** Before anything is sent. */
  ready(): void;
}

const NO_MARKS = possibleCpus().map(() => new Uint8Array(8));

/** Sends packets back into one XDP chain. */
export class XdpResume implements Disposable {
  readonly #records: LiveRecords;
  readonly #ready: () => void;
  #source: ResumeSource | undefined;
  #trips = 0;

  constructor({ arrays, mark, losses, ready }: XdpResumeOptions) {
    const { path, retry, resume } = arrays;
    const maps = { path, retry, resume, ...(mark !== undefined && { mark }) };
    const program = resumeProgram({ leavesMarks: mark !== undefined });
    // A mark is for one packet, and void behind it.
    const behindEach = mark && (() => mark.updatePerCpu(new Uint8Array(4), NO_MARKS));
    const options = { program, maps, metadataSize: 0, losses };
    this.#records = new LiveRecords(behindEach === undefined ? options : { ...options, behindEach });
    this.#ready = ready;
  }

  /** Copies the frame. @throws FrameTooLongError */
  add(source: ResumeSource, what: What, position: number, frame: Uint8Array, trips = 0): void {
    if (source !== this.#source || trips !== this.#trips || this.#records.isFull) this.send();
    this.#source = source;
    this.#trips = trips;
    this.#records.add({ what: WHAT[what], position, ifindex: 0 }, frame);
  }

  /** Sends what waits. */
  send(): void {
    if (this.#source === undefined || this.#records.isEmpty) return;
    this.#ready();
    this.#source.setTrips(this.#trips);
    this.#records.send(this.#source);
  }

  [Symbol.dispose](): void {
    this.#records[Symbol.dispose]();
  }
}
