import type { Program } from '../ir/types.ts';
import { CodeGenerationError } from './error.ts';

export interface Callee {
  /** -1: the main program. */
  readonly index: number;
  /** Of its own stack. */
  readonly bytes: number;
  /** Subprograms that it calls. */
  readonly calls: readonly number[];
}

/** MAX_BPF_STACK for all functions of a chain of calls, each rounded up to 32 bytes; MAX_CALL_FRAMES. */
const STACK_BYTES = 512;
const FRAME_UNIT = 32;
const MOST_FRAMES = 8;

export function calledBy({ blocks }: Program): readonly number[] {
  const calls = blocks.flatMap(({ instructions }) =>
    instructions.flatMap((one) => (one.op === 'call' && one.subprogram !== undefined ? [one.subprogram] : [])),
  );
  return [...new Set(calls)];
}

/** Bytes of stack of the deepest chain of calls. @throws CodeGenerationError where the kernel gives less */
export function deepest(callees: readonly Callee[], name: string): number {
  const byIndex = new Map(callees.map((callee) => [callee.index, callee]));
  const [main] = callees;
  if (main === undefined || callees.length === 1) return main?.bytes ?? 0;
  const depth = (index: number, frames: number): number => {
    const callee = byIndex.get(index);
    if (callee === undefined) return 0;
    if (frames > MOST_FRAMES) {
      throw new CodeGenerationError(
        `${name} calls deeper than ${MOST_FRAMES} functions`,
        'nest long loops less deeply',
      );
    }
    const own = Math.max(1, Math.ceil(callee.bytes / FRAME_UNIT)) * FRAME_UNIT;
    return own + Math.max(0, ...callee.calls.map((next) => depth(next, frames + 1)));
  };
  const bytes = depth(main.index, 1);
  if (bytes <= STACK_BYTES) return bytes;
  throw new CodeGenerationError(
    `${name} and the functions it calls need ${bytes} bytes of stack, the kernel gives ${STACK_BYTES}`,
    'keep large scratch data in a per-CPU array table',
  );
}
