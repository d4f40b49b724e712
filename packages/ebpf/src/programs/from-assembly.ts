import { assemble, type Instruction, type Label, parseProgram } from '../asm/index.ts';
import type { ProgramSpec, ProgramType } from '../spec.ts';

/**
 * A program from instructions, or from their text as bpftool prints it; `map[name]` refers to a map.
 * @example
 * assembleProgram('pass', 'xdp', 'r0 = 2\nexit')
 */
export function assembleProgram(
  name: string,
  type: ProgramType,
  source: string | readonly (Instruction | Label)[],
): ProgramSpec {
  const { bytes, relocations } = assemble(typeof source === 'string' ? parseProgram(source) : source);
  return {
    name,
    type,
    code: bytes,
    relocations,
    license: 'Dual MIT/GPL',
  };
}
