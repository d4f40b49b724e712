import { AssemblerError } from './error.ts';
import type { Instruction } from './instruction.ts';
import { fromSlots, isWide, readSlots, SLOT_BYTES } from './slot.ts';

const hex = (value: number) => `0x${value.toString(16).padStart(2, '0')}`;

/**
 * Reads little-endian bytecode. Targets come back as distances, maps as file descriptors.
 * A 64-bit constant is one Instruction although it takes two slots.
 * @throws AssemblerError for bytes that are no instruction, with the slot number.
 */
export function disassemble(bytes: Uint8Array): Instruction[] {
  if (bytes.length % SLOT_BYTES !== 0) {
    throw new AssemblerError(
      `${bytes.length} bytes are not whole instructions`,
      'every instruction takes 8 or 16 bytes',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const instructions: Instruction[] = [];
  for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
    const slot = at / SLOT_BYTES;
    const wide = isWide(view.getUint8(at));
    if (wide && !hasSecondHalf(view, at)) {
      throw new AssemblerError(
        `slot ${slot}: a 64-bit load without its second half`,
        'it must be followed by a slot with opcode 0',
      );
    }
    const instruction = fromSlots(readSlots(view, at));
    if (!instruction) {
      const { code, dst, src, off, imm } = readSlots(view, at);
      throw new AssemblerError(
        `slot ${slot}: no instruction has code ${hex(code)}, dst ${dst}, src ${src}, off ${off}, imm ${imm}`,
        'the bytes are damaged, or from a kernel newer than the instruction table',
      );
    }
    instructions.push(instruction);
    if (wide) at += SLOT_BYTES;
  }
  return instructions;
}

/** The second slot holds nothing but its imm. */
function hasSecondHalf(view: DataView, at: number): boolean {
  return at + 2 * SLOT_BYTES <= view.byteLength && view.getUint32(at + SLOT_BYTES, true) === 0;
}
