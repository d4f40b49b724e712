import { AssemblerError } from './error.ts';
import { HELPER_IDS } from './helper-ids.ts';
import type {
  AluOp,
  AtomicOp,
  Instruction,
  JumpOp,
  Label,
  MapReference,
  SignedSize,
  Size,
  Source,
  Target,
  Width,
} from './instruction.ts';

// Constructors in the operand order of the kernel's syntax: destination first.

/** A register as second operand. */
export const reg = (src: number): Source => ({ src });
/** A constant, -2^31 to 2^31 - 1, as second operand. */
export const imm = (value: number): Source => ({ imm: value });

export function alu(op: AluOp, dst: number, source: Source, width: Width = 64): Instruction {
  return Object.freeze({ op, width, dst, ...source });
}
export function mov(dst: number, source: Source, width: Width = 64): Instruction {
  return alu('mov', dst, source, width);
}
export function neg(dst: number, width: Width = 64): Instruction {
  return Object.freeze({ op: 'neg', width, dst });
}
export function movsx(bits: 8 | 16 | 32, dst: number, src: number, width: Width = 64): Instruction {
  return Object.freeze({ op: 'movsx', width, bits, dst, src });
}
export function endian(op: 'be' | 'le' | 'bswap', bits: 16 | 32 | 64, dst: number): Instruction {
  return Object.freeze({ op, bits, dst });
}
export function ldx(size: Size | SignedSize, dst: number, src: number, off: number): Instruction {
  return Object.freeze({ op: 'ldx', size, dst, src, off });
}
export function stx(size: Size, dst: number, off: number, src: number): Instruction {
  return Object.freeze({ op: 'stx', size, dst, off, src });
}
export function st(size: Size, dst: number, off: number, value: number): Instruction {
  return Object.freeze({ op: 'st', size, dst, off, imm: value });
}
export function atomic(op: AtomicOp, size: 'u32' | 'u64', dst: number, off: number, src: number): Instruction {
  return Object.freeze({ op, size, dst, off, src });
}
export function ldImm64(dst: number, imm64: bigint): Instruction {
  return Object.freeze({ op: 'ld_imm64', dst, imm64 });
}
export function ldMap(dst: number, map: MapReference): Instruction {
  return Object.freeze({ op: 'ld_map', dst, map });
}
export function ldMapValue(dst: number, map: MapReference, valueOffset: number): Instruction {
  return Object.freeze({ op: 'ld_map_value', dst, map, valueOffset });
}
export function ldFunc(dst: number, target: Target): Instruction {
  return Object.freeze({ op: 'ld_func', dst, target });
}
export function jmp(op: JumpOp, dst: number, source: Source, target: Target, width: Width = 64): Instruction {
  return Object.freeze({ op, width, dst, ...source, target });
}
export function ja(target: Target): Instruction {
  return Object.freeze({ op: 'ja', target });
}
/** @throws AssemblerError when no kernel has a helper of that name. */
export function call(helper: string | number): Instruction {
  const id = typeof helper === 'number' ? helper : HELPER_IDS.get(helper);
  if (id === undefined) {
    throw new AssemblerError(
      `no kernel has a helper "${helper}"`,
      'use the name from enum bpf_func_id without "BPF_FUNC_"',
    );
  }
  return Object.freeze({ op: 'call', helper: id });
}
export function callSub(target: Target): Instruction {
  return Object.freeze({ op: 'call_sub', target });
}
export function callKfunc(btfId: number, fdIndex = 0): Instruction {
  return Object.freeze({ op: 'call_kfunc', btfId, fdIndex });
}
export function exit(): Instruction {
  return Object.freeze({ op: 'exit' });
}
export function label(name: string): Label {
  return Object.freeze({ op: 'label', name });
}
