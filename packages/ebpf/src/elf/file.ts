// ELF64, little endian, relocatable (System V gABI 4.1), as far as objects for BPF need it.

import { StringTable } from '../btf/index.ts';

/** Machine of eBPF, from the gABI's registry. */
const EM_BPF = 247;
const ET_REL = 1;
const HEADER_BYTES = 64;
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;
const RELOCATION_BYTES = 16;

const SectionType = { PROGBITS: 1, SYMTAB: 2, STRTAB: 3, REL: 9 } as const;
const SectionFlag = { WRITE: 1, ALLOC: 2, EXECINSTR: 4, INFO_LINK: 0x40 } as const;
const SymbolType = { object: 1, function: 2 } as const;
const STB_GLOBAL = 1;
/** `address`: S + A in both halves of an ld_imm64. `call`: of a function. Numbers as in the kernel's documentation
 *  (bpf/llvm_reloc.rst): R_BPF_64_64, R_BPF_64_32. */
const RelocationType = { address: 1, call: 10 } as const;

export interface ElfSection {
  readonly name: string;
  /** `code` is executable, `data` writable, `plain` neither and not part of what is loaded. */
  readonly kind: 'code' | 'data' | 'plain';
  readonly content: Uint8Array;
  readonly symbols?: readonly ElfSymbol[];
  readonly relocations?: readonly ElfRelocation[];
}

/** Global. */
export interface ElfSymbol {
  readonly name: string;
  readonly type: keyof typeof SymbolType;
  /** Bytes from the start of the section. */
  readonly offset: number;
  readonly size: number;
}

/** An ld_imm64 or a call that refers to a symbol. */
export interface ElfRelocation {
  /** Bytes from the start of the section. */
  readonly offset: number;
  readonly symbol: string;
  readonly type: keyof typeof RelocationType;
}

interface Part {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly content: Uint8Array;
  readonly link: number;
  readonly info: number;
  readonly entrySize: number;
}

/** Sections are numbered from 1 in this order; relocations, symbols and names follow. */
export function writeElf(sections: readonly ElfSection[]): Uint8Array {
  const symbolTable = 1 + sections.length + sections.filter(({ relocations = [] }) => relocations.length > 0).length;
  const names = new StringTable();
  const symbols = symbolWords(sections, names);
  const bySymbol = new Map(
    sections.flatMap((section) => section.symbols ?? []).map(({ name }, index) => [name, index + 1] as const),
  );
  const parts: Part[] = sections.map((section) => part(section.name, section));
  sections.forEach((section, index) => {
    const { name, relocations = [] } = section;
    if (relocations.length === 0) return;
    const content = relocationBytes(relocations, bySymbol);
    const entry = { flags: SectionFlag.INFO_LINK, link: symbolTable, info: index + 1, entrySize: RELOCATION_BYTES };
    parts.push({ ...part(`.rel${name}`, { content }), type: SectionType.REL, ...entry });
  });
  // All symbols but the first, which stands for none, are global.
  const table = { type: SectionType.SYMTAB, link: symbolTable + 1, info: 1, entrySize: SYMBOL_BYTES };
  parts.push({ ...part('.symtab', { content: symbols }), ...table });
  // Section names come last into the table that also holds the symbols' names, so that it is complete when it is written.
  for (const { name } of parts) names.offset(name);
  names.offset('.strtab');
  parts.push({ ...part('.strtab', { content: names.bytes() }), type: SectionType.STRTAB });
  return assemble(parts, names);
}

function part(name: string, { content, kind = 'plain' }: Pick<ElfSection, 'content'> & Partial<ElfSection>): Part {
  const flags = {
    code: SectionFlag.ALLOC | SectionFlag.EXECINSTR,
    data: SectionFlag.ALLOC | SectionFlag.WRITE,
    plain: 0,
  }[kind];
  return { name, type: SectionType.PROGBITS, flags, content, link: 0, info: 0, entrySize: 0 };
}

function symbolWords(sections: readonly ElfSection[], names: StringTable): Uint8Array {
  const entries = sections.flatMap(({ symbols = [] }, index) =>
    symbols.map((symbol) => ({ symbol, index: index + 1 })),
  );
  const bytes = new Uint8Array((1 + entries.length) * SYMBOL_BYTES);
  const view = new DataView(bytes.buffer);
  entries.forEach(({ symbol, index }, number) => {
    const at = (number + 1) * SYMBOL_BYTES;
    view.setUint32(at, names.offset(symbol.name), true);
    view.setUint8(at + 4, (STB_GLOBAL << 4) | SymbolType[symbol.type]);
    view.setUint16(at + 6, index, true);
    view.setBigUint64(at + 8, BigInt(symbol.offset), true);
    view.setBigUint64(at + 16, BigInt(symbol.size), true);
  });
  return bytes;
}

function relocationBytes(relocations: readonly ElfRelocation[], numbers: ReadonlyMap<string, number>): Uint8Array {
  const bytes = new Uint8Array(relocations.length * RELOCATION_BYTES);
  const view = new DataView(bytes.buffer);
  relocations.forEach(({ offset, symbol, type }, index) => {
    const number = numbers.get(symbol);
    if (number === undefined) throw new Error(`there is no symbol ${symbol}`);
    view.setBigUint64(index * RELOCATION_BYTES, BigInt(offset), true);
    view.setBigUint64(index * RELOCATION_BYTES + 8, (BigInt(number) << 32n) | BigInt(RelocationType[type]), true);
  });
  return bytes;
}

function assemble(parts: readonly Part[], names: StringTable): Uint8Array {
  const offsets: number[] = [];
  let end = HEADER_BYTES;
  for (const { content } of parts) {
    offsets.push(end);
    end = aligned(end + content.length);
  }
  const bytes = new Uint8Array(end + (1 + parts.length) * SECTION_BYTES);
  const view = new DataView(bytes.buffer);
  writeHeader(bytes, { sections: end, count: 1 + parts.length });
  parts.forEach((each, index) => {
    const offset = offsets[index] ?? 0;
    bytes.set(each.content, offset);
    const at = end + (index + 1) * SECTION_BYTES;
    view.setUint32(at, names.offset(each.name), true);
    view.setUint32(at + 4, each.type, true);
    view.setBigUint64(at + 8, BigInt(each.flags), true);
    view.setBigUint64(at + 24, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(each.content.length), true);
    view.setUint32(at + 40, each.link, true);
    view.setUint32(at + 44, each.info, true);
    view.setBigUint64(at + 48, BigInt(ALIGNMENT), true);
    view.setBigUint64(at + 56, BigInt(each.entrySize), true);
  });
  return bytes;
}

function writeHeader(bytes: Uint8Array, { sections, count }: { readonly sections: number; readonly count: number }) {
  const view = new DataView(bytes.buffer);
  // Magic, 64 bits, little endian, version 1.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_REL, true);
  view.setUint16(18, EM_BPF, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(40, BigInt(sections), true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(58, SECTION_BYTES, true);
  view.setUint16(60, count, true);
  view.setUint16(62, count - 1, true);
}

const ALIGNMENT = 8;
const aligned = (offset: number): number => Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
