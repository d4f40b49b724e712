import type { ProgramSpec, ProgramType } from '@twinpath/ebpf';
import { assemble, parseProgram } from '@twinpath/ebpf/asm';

/** A program from its text; `map[name]` refers to a map. */
export function programText(text: string, type: ProgramType = 'xdp', name = 'test'): ProgramSpec {
  const { bytes: code, relocations } = assemble(parseProgram(text));
  return { name, type, code, relocations, license: 'Dual MIT/GPL' };
}

export function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

export const packet = (length = 64): Uint8Array => Uint8Array.from({ length }, (_, index) => index);
