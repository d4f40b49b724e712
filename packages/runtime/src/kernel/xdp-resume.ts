import { possibleCpus } from '@twinpath/linux';
import type { Losses } from '../packet-out/undelivered.ts';
import { type LiveOrigin, LiveRecords } from './live-records.ts';
import { PathArrays } from './path-arrays.ts';
import { resumeProgram, WHAT } from './resume-program.ts';

/** For whom, and from where, frames are sent back. Frames of one source, with the same number of trips, go out together. */
export interface ResumeSource extends LiveOrigin {
  /** Before anything of it is sent. */
  ready(): void;
  readonly losses: Losses;
}

export type What = keyof typeof WHAT;

export interface XdpResumeOptions {
  /** Where the program arrays of the chain are pinned. */
  readonly arrays: string;
  /** On an interface whose XDP runs in the stack, marks are left for its guard. */
  readonly leavesMarks: boolean;
}

const NO_MARKS = possibleCpus().map(() => new Uint8Array(8));

const CLEAR = { what: WHAT.clear, position: 0, beside: 0 };
const NO_FRAME = new Uint8Array(14);

/** Sends packets back into one XDP chain. */
export class XdpResume implements Disposable {
  readonly #stack: DisposableStack;
  readonly #records: LiveRecords;
  #source: ResumeSource | undefined;
  #trips = 0;

  constructor({ arrays: directory, leavesMarks }: XdpResumeOptions) {
    using stack = new DisposableStack();
    const arrays = stack.use(new PathArrays(directory));
    const { mark, trips } = arrays;
    const maps = {
      path: arrays.get('path', 'xdp'),
      resume: arrays.get('resume', 'xdp'),
      trips,
      ...(leavesMarks && { mark }),
    };
    const options = { program: resumeProgram({ leavesMarks }), maps, metadataSize: 0 };
    // A mark is for one packet, and void behind it.
    const behindEach = () => mark.updatePerCpu(new Uint8Array(4), NO_MARKS);
    this.#records = stack.use(new LiveRecords(leavesMarks ? { ...options, behindEach } : options));
    this.#stack = stack.move();
  }

  /** Copies the frame. @throws FrameTooLongError */
  add(source: ResumeSource, what: What, position: number, frame: Uint8Array, trips = 0): void {
    if (source !== this.#source || trips !== this.#trips || !this.#records.hasRoomFor(2)) this.send();
    this.#source = source;
    this.#trips = trips;
    this.#records.add({ what: WHAT[what], position, beside: trips }, frame);
  }

  /** Sends what waits. */
  send(): void {
    if (this.#source === undefined || this.#records.isEmpty) return;
    this.#source.ready();
    // In the same run, so that no other packet of this CPU comes between.
    if (this.#trips > 0) this.#records.add(CLEAR, NO_FRAME);
    this.#records.send(this.#source, this.#source.losses);
  }

  /** Lets go of what waits for somebody who is no more. */
  discard(losses: Losses): void {
    if (this.#source?.losses === losses) this.#records.clear();
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

interface Shared {
  readonly resume: XdpResume;
  users: number;
}

/** Of this thread: the kernel's dispatcher has room for 48 such programs (kernel/bpf/dispatcher.c). */
const inThread = new Map<string, Shared>();

/** One for all functions of a chain whose code runs in this thread. */
export function shareXdpResume(options: XdpResumeOptions): { readonly resume: XdpResume } & Disposable {
  const key = JSON.stringify(options);
  const shared = inThread.get(key) ?? { resume: new XdpResume(options), users: 0 };
  inThread.set(key, shared);
  shared.users++;
  const leave = () => {
    if (--shared.users > 0) return;
    inThread.delete(key);
    shared.resume[Symbol.dispose]();
  };
  return { resume: shared.resume, [Symbol.dispose]: leave };
}
