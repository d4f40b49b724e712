// What the lines of the source contribute to one program.
import type { CompiledProgram } from '@twinpath/compiler';
import { disassemble } from '@twinpath/ebpf/asm';

export interface LineCost {
  /** `undefined`: code that no line stands for. */
  readonly file: string | undefined;
  readonly line: number;
  /** Slots of 8 bytes. */
  readonly instructions: number;
  /** Bytes of the stack that no line before it, in the order of the code, touches. */
  readonly stackBytes: number;
  /** `undefined`: the kernel was not asked. */
  readonly verifierSteps: number | undefined;
}

const FRAME_POINTER = 10;
const SLOT_BYTES = 8;

/** In the order of the source. `walked`: how often the verifier walked each slot. */
export function lineCosts(
  { spec, locations }: CompiledProgram,
  walked: readonly number[] | undefined,
): readonly LineCost[] {
  const costs = new Map<string, { -readonly [K in keyof LineCost]: LineCost[K] }>();
  const stack = stackBySlot(spec.code);
  for (let slot = 0; slot < spec.code.length / SLOT_BYTES; slot++) {
    const { file, line = 0 } = locations[slot] ?? {};
    const key = `${file} ${line}`;
    const cost = costs.get(key) ?? { file, line, instructions: 0, stackBytes: 0, verifierSteps: walked && 0 };
    cost.instructions += 1;
    cost.stackBytes += stack[slot] ?? 0;
    if (cost.verifierSteps !== undefined) cost.verifierSteps += walked?.[slot] ?? 0;
    costs.set(key, cost);
  }
  return [...costs.values()].toSorted((a, b) => (a.file ?? '').localeCompare(b.file ?? '') || a.line - b.line);
}

/** Bytes below the frame pointer that each slot's instruction is the first to touch. */
function stackBySlot(code: Uint8Array): readonly number[] {
  const touched = new Set<number>();
  const bySlot: number[] = [];
  let slot = 0;
  for (const instruction of disassemble(code)) {
    const before = touched.size;
    for (const byte of stackBytesOf(instruction)) touched.add(byte);
    bySlot[slot] = touched.size - before;
    slot += instruction.op.startsWith('ld_') ? 2 : 1;
  }
  return bySlot;
}

function stackBytesOf(instruction: ReturnType<typeof disassemble>[number]): readonly number[] {
  const base = instruction.op === 'ldx' ? instruction.src : 'dst' in instruction ? instruction.dst : undefined;
  if (base !== FRAME_POINTER || !('off' in instruction) || !('size' in instruction)) return [];
  const { off, size } = instruction;
  return Array.from({ length: Number(size.slice(1)) / 8 }, (_, byte) => off + byte);
}
