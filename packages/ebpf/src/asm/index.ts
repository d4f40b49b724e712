export { type Assembled, type AssembleOptions, assemble } from './assemble.ts';
export {
  alu,
  atomic,
  call,
  callKfunc,
  callSub,
  endian,
  exit,
  imm,
  ja,
  jmp,
  label,
  ldFunc,
  ldImm64,
  ldMap,
  ldMapValue,
  ldx,
  mov,
  movsx,
  neg,
  reg,
  st,
  stx,
} from './build.ts';
export { disassemble } from './disassemble.ts';
export { AssemblerError } from './error.ts';
export type { FarJumps } from './far-jumps.ts';
export { HELPER_IDS, helperMinimumKernel, helperName } from './helper-ids.ts';
export type * from './instruction.ts';
export { minimumKernel } from './slot.ts';
export { format, parse, parseProgram } from './text.ts';
