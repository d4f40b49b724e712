// Reads what clang writes for one BPF program: a relocatable ELF64 file, little endian. Maps are undefined symbols, found by
// their names; `value:NAME` is the address of element 0 of an array map.
import type { MapRelocation, ProgramSpec } from '@twinpath/ebpf';

const SHT_SYMTAB = 2;
const SHT_REL = 9;
/** The only relocation of an ld_imm64. */
const R_BPF_64_64 = 1;
const SLOT = 8;
const SYMBOL = 24;
const RELOCATION = 16;

interface Section {
  readonly name: string;
  readonly type: number;
  /** Of a symbol table: its strings. Of relocations: their symbols. */
  readonly link: number;
  /** Of relocations: what they are in. */
  readonly info: number;
  readonly bytes: Uint8Array;
}

const KINDS = {
  xdp: { type: 'xdp', attach: 'xdp' },
  tc: { type: 'sched-cls', attach: 'tcx-ingress' },
} as const;

/** The program of the section `xdp` or `tc`. @throws Error for objects that need more than maps */
export function readObject(object: Uint8Array, name: string, kind: keyof typeof KINDS = 'xdp'): ProgramSpec {
  const sections = readSections(object);
  const index = sections.findIndex((section) => section.name === kind);
  const program = sections[index];
  if (program === undefined) throw new Error(`${name}: the object has no section "${kind}"`);
  const symbols = sections.find(({ type }) => type === SHT_SYMTAB);
  const found = sections.find(({ type, info }) => type === SHT_REL && info === index);
  return {
    name,
    ...KINDS[kind],
    code: program.bytes,
    relocations: found && symbols ? readRelocations(found, symbolNames(symbols, sections), program.bytes) : [],
    license: 'Dual MIT/GPL',
  };
}

function readSections(object: Uint8Array): readonly Section[] {
  const view = viewOf(object);
  const start = Number(view.getBigUint64(40, true));
  const headerSize = view.getUint16(58, true);
  const headers = Array.from({ length: view.getUint16(60, true) }, (_, index) => {
    const at = start + index * headerSize;
    const offset = Number(view.getBigUint64(at + 24, true));
    const size = Number(view.getBigUint64(at + 32, true));
    return {
      name: view.getUint32(at, true),
      type: view.getUint32(at + 4, true),
      link: view.getUint32(at + 40, true),
      info: view.getUint32(at + 44, true),
      bytes: object.slice(offset, offset + size),
    };
  });
  const names = headers[view.getUint16(62, true)]?.bytes ?? new Uint8Array();
  return headers.map((header) => ({ ...header, name: textAt(names, header.name) }));
}

function symbolNames(symbols: Section, sections: readonly Section[]): readonly string[] {
  const strings = sections[symbols.link]?.bytes ?? new Uint8Array();
  const view = viewOf(symbols.bytes);
  return Array.from({ length: symbols.bytes.length / SYMBOL }, (_, index) =>
    textAt(strings, view.getUint32(index * SYMBOL, true)),
  );
}

function readRelocations(section: Section, names: readonly string[], code: Uint8Array): readonly MapRelocation[] {
  const view = viewOf(section.bytes);
  return Array.from({ length: section.bytes.length / RELOCATION }, (_, index): MapRelocation => {
    const offset = Number(view.getBigUint64(index * RELOCATION, true));
    const type = view.getUint32(index * RELOCATION + 8, true);
    const symbol = names[view.getUint32(index * RELOCATION + 12, true)] ?? '';
    if (type !== R_BPF_64_64) throw new Error(`relocation ${type} of "${symbol}": only maps can be referred to`);
    const isValue = symbol.startsWith('value:');
    return {
      slot: offset / SLOT,
      map: isValue ? symbol.slice('value:'.length) : symbol,
      kind: isValue ? 'map-value' : 'map',
      valueOffset: viewOf(code).getInt32(offset + 4, true),
    };
  });
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength);

function textAt(strings: Uint8Array, at: number): string {
  return new TextDecoder().decode(strings.subarray(at, strings.indexOf(0, at)));
}
