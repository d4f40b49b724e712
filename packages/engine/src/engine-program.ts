import type { ProgramType } from '@twinpath/ebpf';
import type { Engine } from './engine.ts';
import type { ProgramImage } from './engine-image.ts';
import { DISCARDED_RECORD } from './maps/ring-buffer.ts';
import { OPEN_RECORDS, STATE } from './memory/cpu-state.ts';
import { type ContextLayout, contextLayout, type Hook, hookOf, REDIRECT } from './memory/frame-context.ts';
import { type EngineTestRun, type EngineTestRunResult, testRun } from './test-run.ts';
import { type Origin, type Trap, trapOf } from './trap-report.ts';

/** What a program's engine gives it. */
export interface ProgramParts {
  readonly image: ProgramImage;
  readonly run: (context: number, frames: number) => unknown;
  /** Address of the CPU's state. */
  readonly state: number;
  readonly onTrap: (trap: Trap) => void;
  readonly origins: ReadonlyMap<number, Origin>;
}

/** Verdicts of frames whose program was stopped: XDP_ABORTED, TC_ACT_SHOT. */
const ABORTED: Readonly<Record<Hook, number>> = { xdp: 0, skb: 2 };

export interface RunTime {
  readonly runs: number;
  readonly ns: number;
}

/** What was measured of a program, on any thread that has the memory. */
export function runTimeAt({ memory, cpus }: Pick<Engine, 'memory' | 'cpus'>, times: number): RunTime {
  const cells = times === 0 ? [] : [...new Float64Array(memory.memory.buffer, times, 2 * cpus)];
  const sum = (which: number) => cells.reduce((all, one, index) => (index % 2 === which ? all + one : all), 0);
  return { runs: sum(0), ns: sum(1) };
}

/** A program in the engine. It lives until it is disposed. */
export class EngineProgram {
  readonly id: number;
  readonly name: string;
  readonly type: ProgramType;
  readonly hook: Hook;
  /** Where the fields of a frame's context lie. */
  readonly context: ContextLayout;
  readonly checked: boolean;
  readonly #engine: Engine;
  readonly #parts: ProgramParts;
  #traps = 0;
  /** Address of what it is measured with, for {@link runTimeAt}; 0: it is not. */
  readonly times: number;
  /** Runs and nanoseconds, for each CPU. */
  readonly #times: Float64Array | undefined;

  constructor(engine: Engine, parts: ProgramParts) {
    const { id, spec, checked, times } = parts.image;
    this.id = id;
    this.name = spec.name;
    this.type = spec.type;
    this.hook = hookOf(spec.type);
    this.context = contextLayout[this.hook];
    this.checked = checked;
    this.#engine = engine;
    this.#parts = parts;
    this.times = times;
    if (times !== 0) this.#times = new Float64Array(engine.memory.memory.buffer, times, 2 * engine.cpus);
  }

  /** Runs that were stopped. */
  get traps(): number {
    return this.#traps;
  }

  /** Frames that began here, on all CPUs, and nanoseconds for all of them with what they tail-called; nothing if it was not loaded to
   *  be measured. */
  get runTime(): RunTime {
    return runTimeAt(this.#engine, this.times);
  }

  /**
   * Runs the program on a burst: `frames` contexts from address `first` on, each as {@link ContextLayout} says. Verdicts
   * and redirects are in the contexts behind it. One call into WebAssembly, and one more for each frame that was stopped.
   */
  run(first: number, frames: number): void {
    const times = this.#times;
    if (times === undefined) {
      this.#run(first, frames);
      return;
    }
    const began = performance.now();
    this.#run(first, frames);
    const own = 2 * this.#engine.cpu;
    times[own] = (times[own] ?? 0) + frames;
    times[own + 1] = (times[own + 1] ?? 0) + (performance.now() - began) * 1e6;
  }

  /** Runs the program on a copy of a packet, as the kernel's BPF_PROG_TEST_RUN does. */
  testRun(run: EngineTestRun): EngineTestRunResult {
    return testRun(this.#engine, this, run);
  }

  /** Frees its place; program arrays must not hold it any more. */
  [Symbol.dispose](): void {
    this.#engine.unload(this.id);
  }

  #run(first: number, frames: number): void {
    const { run, state } = this.#parts;
    const { memory } = this.#engine;
    let [context, left] = [first, frames];
    while (left > 0) {
      try {
        run(context, left);
        return;
      } catch (error) {
        if (!isTrap(error)) throw error;
        context = memory.getU32(state + STATE.context);
        this.#stopped(error, context);
        context += this.context.stride;
        left = memory.getU32(state + STATE.remaining) - 1;
      }
    }
  }

  #stopped(error: Error, context: number): void {
    const { state, onTrap, origins } = this.#parts;
    const { memory } = this.#engine;
    const reason = memory.getU32(state + STATE.reason);
    memory.setU32(state + STATE.reason, 0);
    this.#release();
    memory.setU32(context + this.context.verdict, ABORTED[this.hook]);
    memory.setU32(context + this.context.redirectKind, REDIRECT.none);
    memory.setU32(context + this.context.trapped, 1);
    this.#traps++;
    onTrap(trapOf(error, reason, this.name, origins));
  }

  /** Locks and records that the program would have let go of. */
  #release(): void {
    const { state } = this.#parts;
    const { memory } = this.#engine;
    for (const cell of [STATE.mapLock, STATE.spinLock]) {
      const lock = memory.getU32(state + cell);
      if (lock !== 0) memory.setU32(lock, 0);
      memory.setU32(state + cell, 0);
    }
    for (let index = 0; index < OPEN_RECORDS; index++) {
      const open = state + STATE.openRecords + 8 * index;
      const record = memory.getU32(open);
      if (record === 0) continue;
      memory.setU32(record - 8, (memory.getU32(open + 4) - record) | DISCARDED_RECORD);
      memory.setU32(open, 0);
    }
  }
}

/** A stack that is used up is an error of JavaScript's. */
function isTrap(error: unknown): error is Error {
  return error instanceof WebAssembly.RuntimeError || (error instanceof RangeError && /call stack/.test(error.message));
}
