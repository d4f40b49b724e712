import { ENCODINGS, type Encoding, type Field } from './encodings.ts';
import { AssemblerError } from './error.ts';
import type { Instruction } from './instruction.ts';

/** The raw fields of an instruction; `next` only in wide ones. */
export type Slots = { readonly code: number } & Readonly<Record<Field, number>>;

export const SLOT_BYTES = 8;
const WIDE_CODE = 0x18;

const byOp = Map.groupBy(ENCODINGS, (encoding) => encoding.op);
const byCode = Map.groupBy(ENCODINGS, (encoding) => encoding.code);

/** Whether the opcode byte starts an instruction of two slots. */
export function isWide(code: number): boolean {
  return code === WIDE_CODE;
}

const ranges: Readonly<Record<Field, readonly [number, number]>> = {
  dst: [0, 10],
  src: [0, 10],
  off: [-0x8000, 0x7fff],
  imm: [-0x8000_0000, 0x7fff_ffff],
  next: [0, 0xffff_ffff],
};

type Operand = string | number | bigint | undefined;
function operandsOf(instruction: Instruction): ReadonlyMap<string, Operand> {
  return new Map<string, Operand>(Object.entries(instruction));
}

/** The form an instruction has, or undefined if there is none with its properties. */
export function findEncoding(instruction: Instruction): Encoding | undefined {
  const values = operandsOf(instruction);
  return byOp
    .get(instruction.op)
    ?.find(
      ({ form, operands }) =>
        Object.entries(form).every(([name, value]) => values.get(name) === value) &&
        Object.keys(operands).every((name) => values.get(name) !== undefined),
    );
}

export function encodingOf(instruction: Instruction): Encoding {
  const found = findEncoding(instruction);
  if (found) return found;
  throw new AssemblerError(
    `no form of "${instruction.op}" has these operands: ${show(instruction)}`,
    'give width, size, bits and operands as the Instruction type lists them for this op',
  );
}

/** First kernel whose verifier accepts this instruction. The age of a called helper is not considered. */
export function minimumKernel(instruction: Instruction): string {
  return encodingOf(instruction).since;
}

function show(instruction: Instruction): string {
  return [...operandsOf(instruction)].map(([name, value]) => `${name}=${value}`).join(' ');
}

function checked(name: string, field: Field, value: Operand): number {
  const [low, high] = ranges[field];
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
  const register = field === 'dst' || field === 'src';
  const what = register ? `register ${value} in ${name}` : `${name} ${value}`;
  throw new AssemblerError(
    `${what} is not ${register ? 'one of 0 to 10' : `an integer from ${low} to ${high}`}`,
    register ? 'a register allocator left this operand without a register' : 'use a wider form or split the value',
  );
}

function imm64(value: Operand): { imm: number; next: number } {
  if (typeof value !== 'bigint' || value < -(2n ** 63n) || value >= 2n ** 64n) {
    throw new AssemblerError(`imm64 ${value} is not a bigint from -2^63 to 2^64 - 1`, 'write 64-bit constants as 1n');
  }
  return { imm: Number(BigInt.asIntN(32, value)), next: Number(BigInt.asUintN(32, value >> 32n)) };
}

/** Raw fields of an instruction without symbols: every target and map is a number. */
export function toSlots(instruction: Instruction): Slots {
  const { code, raw, operands } = encodingOf(instruction);
  const values = operandsOf(instruction);
  const slots = { code, dst: 0, src: 0, off: 0, imm: 0, next: 0, ...raw };
  for (const [name, field] of Object.entries(operands)) {
    if (field === 'imm64') Object.assign(slots, imm64(values.get(name)));
    else slots[field] = checked(name, field, values.get(name));
  }
  return slots;
}

/** The instruction with these raw fields, or undefined if no kernel has one. Reserved fields must be zero. */
export function fromSlots(slots: Slots): Instruction | undefined {
  const encoding = byCode.get(slots.code)?.find((candidate) => fits(candidate, slots));
  if (!encoding) return undefined;
  const values: Record<string, Operand> = { op: encoding.op, ...encoding.form };
  for (const [name, field] of Object.entries(encoding.operands)) {
    values[name] =
      field === 'imm64' ? (BigInt(slots.next) << 32n) | BigInt.asUintN(32, BigInt(slots.imm)) : slots[field];
  }
  return instructionFrom(values);
}

/** Makes an Instruction of a form's properties. The table, not the type checker, guarantees that they fit together. */
export function instructionFrom(values: Readonly<Record<string, Operand>>): Instruction {
  return Object.freeze(values) as unknown as Instruction;
}

const fields: readonly Field[] = ['dst', 'src', 'off', 'imm', 'next'];
function fits({ raw, operands }: Encoding, slots: Slots): boolean {
  const used = Object.values(operands);
  return fields.every((field) => {
    if (used.includes(field)) return slots[field] >= ranges[field][0] && slots[field] <= ranges[field][1];
    if (used.includes('imm64') && (field === 'imm' || field === 'next')) return true;
    return slots[field] === (raw[field] ?? 0);
  });
}

/** Little-endian slots: code, src:4 dst:4, off:16, imm:32; a second slot carries `next` in its imm. */
export function writeSlots(view: DataView, at: number, slots: Slots): void {
  view.setUint8(at, slots.code);
  view.setUint8(at + 1, (slots.src << 4) | slots.dst);
  view.setInt16(at + 2, slots.off, true);
  view.setInt32(at + 4, slots.imm, true);
  if (isWide(slots.code)) view.setUint32(at + SLOT_BYTES + 4, slots.next, true);
}

export function readSlots(view: DataView, at: number): Slots {
  const code = view.getUint8(at);
  const registers = view.getUint8(at + 1);
  return {
    code,
    dst: registers & 0x0f,
    src: registers >> 4,
    off: view.getInt16(at + 2, true),
    imm: view.getInt32(at + 4, true),
    next: isWide(code) ? view.getUint32(at + SLOT_BYTES + 4, true) : 0,
  };
}
