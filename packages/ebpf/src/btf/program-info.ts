import { BtfError } from './error.ts';
import type { Btf } from './read.ts';
import type { TypeId } from './type.ts';

/** Bytes of one record, as BPF_PROG_LOAD's `…_rec_size` wants them. */
export const FUNC_INFO_BYTES = 8;
export const LINE_INFO_BYTES = 16;
export const CORE_RELOCATION_BYTES = 16;
/** The column shares a word with the line: 22 and 10 bits. */
const MAX_COLUMN = 1023;
const MAX_LINE = 0x3f_ffff;

/** A function's first instruction and its BTF func type. `slot` counts 8-byte slots, as in every record here. */
export type FuncInfo = { readonly slot: number; readonly type: TypeId };

/** The source line an instruction came from. The kernel demands one at the start of every function, in order of slots. */
export type LineInfo = {
  readonly slot: number;
  readonly file: string;
  /** Text of the line, shown in the verifier's log. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** From 1; more than 1023 is stored as 1023. */
  readonly column: number;
};

/** What a CO-RE relocation asks about the running kernel's type (enum bpf_core_relo_kind), in order from 0. */
export const CORE_RELOCATION_KINDS = [
  'field_byte_offset',
  'field_byte_size',
  'field_exists',
  'field_signed',
  'field_left_shift',
  'field_right_shift',
  'type_id_local',
  'type_id_target',
  'type_exists',
  'type_size',
  'enum_value_exists',
  'enum_value',
  'type_matches',
] as const;
export type CoreRelocationKind = (typeof CORE_RELOCATION_KINDS)[number];

/** Since 5.17 the kernel itself applies these. */
export type CoreRelocation = {
  readonly slot: number;
  readonly type: TypeId;
  /** Path of member numbers or indices, e.g. `0:1:2`. */
  readonly access: string;
  readonly kind: CoreRelocationKind;
};

type Intern = (text: string) => number;

export function encodeFuncInfo(functions: readonly FuncInfo[]): Uint8Array {
  return records(functions, 2, ({ slot, type }) => [slot, type]);
}

export function decodeFuncInfo(bytes: Uint8Array): FuncInfo[] {
  return rows(bytes, 2).map(([slot, type]) => ({ slot, type }));
}

/** `intern` gives a string's offset in the BTF the program is loaded with; see BtfBuilder.lineInfo. */
export function encodeLineInfo(lines: readonly LineInfo[], intern: Intern): Uint8Array {
  return records(lines, 4, ({ slot, file, text, line, column }) => {
    if (!Number.isInteger(line) || line < 0 || line > MAX_LINE) {
      throw new BtfError(`line ${line} of ${file} does not fit in 22 bits`, 'split the source file');
    }
    return [slot, intern(file), intern(text), ((line << 10) | Math.min(column, MAX_COLUMN)) >>> 0];
  });
}

export function decodeLineInfo(bytes: Uint8Array, btf: Btf): LineInfo[] {
  return rows(bytes, 4).map(([slot, file, text, position]) => ({
    slot,
    file: btf.string(file),
    text: btf.string(text),
    line: position >>> 10,
    column: position & MAX_COLUMN,
  }));
}

export function encodeCoreRelocations(relocations: readonly CoreRelocation[], intern: Intern): Uint8Array {
  return records(relocations, 4, ({ slot, type, access, kind }) => [
    slot,
    type,
    intern(access),
    CORE_RELOCATION_KINDS.indexOf(kind),
  ]);
}

export function decodeCoreRelocations(bytes: Uint8Array, btf: Btf): CoreRelocation[] {
  return rows(bytes, 4).map(([slot, type, access, number]) => {
    const kind = CORE_RELOCATION_KINDS[number];
    if (!kind) throw new BtfError(`CO-RE relocation kind ${number} is unknown`, 'the records are damaged');
    return { slot, type, access: btf.string(access), kind };
  });
}

function records<T>(items: readonly T[], words: number, encode: (item: T) => readonly number[]): Uint8Array {
  const bytes = new Uint8Array(items.length * words * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of items.flatMap(encode).entries()) view.setUint32(index * 4, word, true);
  return bytes;
}

type Row = [number, number, number, number];
function rows(bytes: Uint8Array, words: 2 | 4): Row[] {
  if (bytes.length % (words * 4) !== 0) {
    throw new BtfError(
      `${bytes.length} bytes are not whole records of ${words * 4}`,
      'read the records with their own size',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / (words * 4) }, (_, index): Row => {
    const at = index * words * 4;
    const word = (n: number) => (n < words ? view.getUint32(at + n * 4, true) : 0);
    return [word(0), word(1), word(2), word(3)];
  });
}
