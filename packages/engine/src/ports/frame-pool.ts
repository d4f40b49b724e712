import type { Engine } from '../engine.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { type FrameMoves, frameMoves } from './frame-moves.ts';

/** Multiples of any machine's page: what AF_XDP takes as packet memory. */
const ALIGNMENT = 65536;
const DEFAULT_FRAMES = 4096;
const DEFAULT_FRAME_BYTES = 2048;

/** Who has a frame. Numbers between are the slots of ports. */
export const HOLDER = { nobody: 0, worker: 255 } as const;

export interface FramePoolOptions {
  /** Default 4096. */
  readonly frames?: number;
  /** 2048 (default) or 4096, of which 256 lie in front of each packet. */
  readonly frameBytes?: number;
}

/** Addresses in linear memory; any thread can use them. */
export interface FramePoolImage extends Required<FramePoolOptions> {
  /** The frames. For AF_XDP, addresses in rings count from here. */
  readonly start: number;
  /** u32: how many frames are free; then their numbers. */
  readonly spare: number;
  /** u8 for each frame: its {@link HOLDER}. */
  readonly holders: number;
  /** u32: counts what whoever works with the pool has to look at. */
  readonly bell: number;
  /** u32: not 0 while they sleep in a system call, where the bell does not wake them. */
  readonly asleep: number;
  /** Descriptor that wakes them then (eventfd); `undefined`: they never sleep in system calls. */
  readonly alarm: number | undefined;
}

/** Room for the packets of one worker. The engine's other memory does not hold packets: they go from port to port in place. */
export function createFramePool(engine: Engine, options: FramePoolOptions = {}, alarm?: number): FramePoolImage {
  const { frames = DEFAULT_FRAMES, frameBytes = DEFAULT_FRAME_BYTES } = options;
  if (frameBytes !== 2048 && frameBytes !== 4096) throw new RangeError(`frames of ${frameBytes} bytes: 2048 or 4096`);
  const start = engine.allocate(frames * frameBytes, 'a pool of frames', ALIGNMENT);
  const holders = engine.allocate(frames, 'the holders of frames');
  const spare = engine.allocate(4 + 4 * frames, 'the list of free frames');
  const bell = engine.allocate(8, 'a bell');
  const asleep = bell + 4;
  const { memory } = engine;
  memory.setU32(bell, 0);
  memory.setU32(asleep, 0);
  memory.setU32(spare, frames);
  // The one that was used last is used next: it is in the cache.
  for (let frame = 0; frame < frames; frame++) memory.setU32(spare + 4 + 4 * frame, frames - 1 - frame);
  memory.bytes.fill(HOLDER.nobody, holders, holders + frames);
  return { frames, frameBytes, start, spare, holders, bell, asleep, alarm };
}

/** When nobody uses it any more. */
export function freeFramePool(engine: Engine, { start, spare, holders, bell }: FramePoolImage): void {
  for (const address of [start, spare, holders, bell]) engine.free(address);
}

/** The frames of one thread: it alone takes and gives. Frames go by their offsets from the pool's start. */
export class FramePool {
  readonly image: FramePoolImage;
  readonly #holders: Uint8Array;
  readonly #spare: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #shift: number;
  readonly #memory: LinearMemory;
  #moves: FrameMoves | undefined;

  constructor(memory: LinearMemory, image: FramePoolImage) {
    this.image = image;
    this.#memory = memory;
    const { bytes } = memory;
    const { buffer } = memory.memory;
    this.#bytes = bytes;
    this.#holders = new Uint8Array(buffer, image.holders, image.frames);
    this.#spare = new Uint32Array(buffer, image.spare, image.frames + 1);
    this.#shift = Math.log2(image.frameBytes);
  }

  /** Of many frames at once. */
  get moves(): FrameMoves {
    this.#moves ??= frameMoves(this.#memory, this.image);
    return this.#moves;
  }

  get free(): number {
    return this.#spare[0] ?? 0;
  }

  /** Of the frame that a byte lies in. */
  base(offset: number): number {
    return (offset >>> this.#shift) << this.#shift;
  }

  /** A free frame for `holder`, or -1. */
  take(holder: number): number {
    const free = this.free;
    if (free === 0) return -1;
    const frame = this.#spare[free] ?? 0;
    this.#spare[0] = free - 1;
    this.#holders[frame] = holder;
    return frame << this.#shift;
  }

  /** A copy of a frame in another of the worker's, with the same room in front; or -1. */
  copy(offset: number, length: number): number {
    const taken = this.take(HOLDER.worker);
    if (taken < 0) return -1;
    const { start } = this.image;
    const to = taken + offset - this.base(offset);
    this.#bytes.copyWithin(start + to, start + offset, start + offset + length);
    return to;
  }

  /** `offset`: of any byte in it. */
  give(offset: number, holder: number): void {
    this.pass(offset, holder, HOLDER.nobody);
    this.#spare[0] = this.free + 1;
    this.#spare[this.free] = offset >>> this.#shift;
  }

  /** @throws Error when the frame is not where it has to be: it was lost, or is there twice. */
  pass(offset: number, from: number, to: number): void {
    const frame = offset >>> this.#shift;
    if (this.#holders[frame] !== from) this.#misplaced(offset, from);
    this.#holders[frame] = to;
  }

  /** Takes back all that `holder` still has; how many. */
  reclaim(holder: number): number {
    let count = 0;
    for (let frame = 0; frame < this.image.frames; frame++) {
      if (this.#holders[frame] !== holder) continue;
      this.give(frame << this.#shift, holder);
      count++;
    }
    return count;
  }

  /**
   * Counts every frame where it is, for tests and operators: how many each holder has. Not while another thread works.
   * @throws Error when a free frame is not in the list of free frames exactly once.
   */
  audit(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    for (const holder of this.#holders) counts.set(holder, (counts.get(holder) ?? 0) + 1);
    const listed = new Set(this.#spare.subarray(1, 1 + this.free));
    const isSound = listed.size === this.free && [...listed].every((frame) => this.#holders[frame] === HOLDER.nobody);
    if (!isSound || listed.size !== (counts.get(HOLDER.nobody) ?? 0)) {
      throw new Error(`${this.free} frames are listed as free, ${listed.size} of them different; ${[...counts]}`);
    }
    return counts;
  }

  #misplaced(offset: number, from: number): never {
    const holder = this.#holders[offset >>> this.#shift];
    throw new Error(`the frame at ${offset} should be held by ${from}, and is by ${holder}`);
  }
}
