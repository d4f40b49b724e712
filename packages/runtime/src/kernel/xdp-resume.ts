import type { BpfMap } from '@twinpath/ebpf';
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

/** Sends packets back into one XDP chain. */
export class XdpResume implements Disposable {
  readonly #records: LiveRecords;
  #source: ResumeSource | undefined;
  #trips = 0;

  /** The arrays stay the caller's. */
  constructor({ path, retry, resume }: ChainArrays, losses: Losses) {
    const maps = { path, retry, resume };
    this.#records = new LiveRecords({ program: resumeProgram(), maps, metadataSize: 0, losses });
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
    this.#source.setTrips(this.#trips);
    this.#records.send(this.#source);
  }

  [Symbol.dispose](): void {
    this.#records[Symbol.dispose]();
  }
}
