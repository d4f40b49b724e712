// .BTF.ext: function and line information by section, as libbpf reads it (the kernel's documentation, bpf/btf.rst).

import { type BtfBuilder, encodeFuncInfo, FUNC_INFO_BYTES, LINE_INFO_BYTES } from '../btf/index.ts';
import type { SectionInfo } from './programs.ts';

const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
const SLOT_BYTES = 8;

/** Call it before the BTF is written: names and texts go into its strings. */
export function writeBtfExt(info: readonly SectionInfo[], btf: BtfBuilder): Uint8Array {
  const functions = table(FUNC_INFO_BYTES, info, btf, (section) =>
    encodeFuncInfo(section.functions.map(({ offset, type }) => ({ slot: offset, type }))),
  );
  // Here records count bytes where the kernel counts slots.
  const lines = table(LINE_INFO_BYTES, info, btf, (section) =>
    btf.lineInfo(section.lines.map((line) => ({ ...line, slot: line.slot * SLOT_BYTES }))),
  );
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  header.setUint16(0, MAGIC, true);
  header.setUint8(2, 1);
  for (const [index, word] of [HEADER_BYTES, 0, functions.length, functions.length, lines.length].entries()) {
    header.setUint32(4 + 4 * index, word, true);
  }
  return Buffer.concat([new Uint8Array(header.buffer), functions, lines]);
}

/** The size of a record, then for each section its name, the number of its records and the records. */
function table(
  recordBytes: number,
  info: readonly SectionInfo[],
  btf: BtfBuilder,
  encode: (section: SectionInfo) => Uint8Array,
): Uint8Array {
  const parts = info.flatMap((section) => {
    const records = encode(section);
    if (records.length === 0) return [];
    return [words(btf.string(section.section), records.length / recordBytes), records];
  });
  return Buffer.concat([words(recordBytes), ...parts]);
}

function words(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value, true);
  return new Uint8Array(view.buffer);
}
