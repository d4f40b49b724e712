import type { MapRelocation, ProgramSpec } from '@twinpath/ebpf';
import { disassemble, type Instruction } from '@twinpath/ebpf/asm';
import { EngineError } from '../engine-error.ts';

/** A load of a map's address, or of an address in the first value of an array. */
export interface MapLoad {
  readonly op: 'map';
  readonly dst: number;
  readonly relocation: MapRelocation;
}

/** One instruction at its place. */
export interface Step {
  /** Index of its first 8-byte slot. */
  readonly slot: number;
  /** Slots that it takes. */
  readonly size: 1 | 2;
  readonly instruction: Instruction | MapLoad;
}

const WIDE = /^ld_(imm64|map|btf|func)/;

/** Instructions by slot; the second slots of wide ones are holes. @throws AssemblerError, EngineError */
export function decode({ name, code, relocations }: ProgramSpec): readonly (Step | undefined)[] {
  const bySlot = new Map(relocations.map((relocation) => [relocation.slot, relocation]));
  const steps: (Step | undefined)[] = [];
  for (const instruction of disassemble(code)) {
    const slot = steps.length;
    const size = WIDE.test(instruction.op) ? 2 : 1;
    const relocation = bySlot.get(slot);
    steps.push({ slot, size, instruction: relocation ? mapLoad(name, instruction, relocation) : instruction });
    if (size === 2) steps.push(undefined);
  }
  return steps;
}

function mapLoad(program: string, instruction: Instruction, relocation: MapRelocation): MapLoad {
  if (!WIDE.test(instruction.op) || !('dst' in instruction)) {
    throw new EngineError(
      `program "${program}": slot ${relocation.slot} does not load map "${relocation.map}"`,
      'relocations name the first slot of an ld_imm64',
    );
  }
  return { op: 'map', dst: instruction.dst, relocation };
}
