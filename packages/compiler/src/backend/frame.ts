import { CodeGenerationError } from './error.ts';
import type { MachineProgram } from './machine.ts';

/** MAX_BPF_STACK. */
const STACK_BYTES = 512;

export interface Frame {
  /** Place of each slot relative to r10: negative, 8-aligned. */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** @throws CodeGenerationError naming the largest slots when they do not fit. */
export function layOutFrame({ slots }: MachineProgram, name: string): Frame {
  let bytes = 0;
  const offsets = slots.map(({ size }) => {
    bytes += Math.ceil(size / 8) * 8;
    return -bytes;
  });
  if (bytes <= STACK_BYTES) return { offsets, bytes };
  const largest = slots
    .toSorted((a, b) => b.size - a.size)
    .slice(0, 3)
    .map((slot) => `${slot.name} (${slot.size})`);
  throw new CodeGenerationError(
    `${name} needs ${bytes} bytes of stack, the kernel gives ${STACK_BYTES}; the largest are ${largest.join(', ')}`,
    'keep large scratch data in a per-CPU array table',
  );
}
