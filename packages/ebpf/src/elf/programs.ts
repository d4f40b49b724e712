// Programs by section, with their relocations, and what .BTF.ext says about their functions and lines.

import { type BtfBuilder, type BtfType, decodeFuncInfo, decodeLineInfo, readBtf, type TypeId } from '../btf/index.ts';
import type { ProgramSpec, ProgramType } from '../spec.ts';
import { ElfError } from './error.ts';
import type { ElfRelocation, ElfSection } from './file.ts';
import type { Identifiers } from './names.ts';

const SLOT_BYTES = 8;
/** Sections by which every libbpf from 1.0 on knows the type. `tcx/ingress` and `tcx/egress` it has only from 1.3 on, and
 *  they say no more: a tcx program has no direction until it is attached. */
const SECTIONS: Readonly<Record<ProgramType, string>> = { xdp: 'xdp', 'sched-cls': 'tc', 'socket-filter': 'socket' };

/** Records of one section for .BTF.ext; the first field of each is bytes from the start of the section. */
export interface SectionInfo {
  readonly section: string;
  readonly functions: readonly { readonly offset: number; readonly type: TypeId }[];
  readonly lines: ReturnType<typeof decodeLineInfo>;
}

export interface ObjectPrograms {
  readonly sections: readonly ElfSection[];
  readonly info: readonly SectionInfo[];
}

/** @throws ElfError: a program has functions besides its main one */
export function describePrograms(programs: readonly ProgramSpec[], { btf, identifiers, maps }: Shared): ObjectPrograms {
  const sections: ElfSection[] = [];
  const info: SectionInfo[] = [];
  for (const [type, members] of Map.groupBy(programs, (program) => program.type)) {
    const draft = new Draft(SECTIONS[type], { btf, identifiers, maps });
    for (const program of members) draft.add(program);
    sections.push(draft.section());
    info.push(draft.info());
  }
  return { sections, info };
}

export interface Shared {
  readonly btf: BtfBuilder;
  readonly identifiers: Identifiers;
  /** Symbols of maps, by the names of their specs. */
  readonly maps: ReadonlyMap<string, string>;
}

class Draft {
  readonly #name: string;
  readonly #shared: Shared;
  readonly #code: Uint8Array[] = [];
  readonly #symbols: NonNullable<ElfSection['symbols']>[number][] = [];
  readonly #relocations: ElfRelocation[] = [];
  readonly #functions: SectionInfo['functions'][number][] = [];
  readonly #lines: SectionInfo['lines'] = [];
  #size = 0;

  constructor(name: string, shared: Shared) {
    this.#name = name;
    this.#shared = shared;
  }

  add(program: ProgramSpec): void {
    const symbol = this.#shared.identifiers.of(program.name);
    const start = this.#size;
    this.#symbols.push({ name: symbol, type: 'function', offset: start, size: program.code.length });
    this.#code.push(unresolved(program));
    this.#size += program.code.length;
    for (const { slot, map } of program.relocations) {
      const of = this.#shared.maps.get(map);
      if (of === undefined) {
        throw new ElfError(`program "${program.name}" refers to map "${map}", which was not given`, 'add its spec');
      }
      this.#relocations.push({ offset: start + slot * SLOT_BYTES, symbol: of });
    }
    this.#describe(program, symbol, start);
  }

  section(): ElfSection {
    const content = Buffer.concat(this.#code);
    return { name: this.#name, kind: 'code', content, symbols: this.#symbols, relocations: this.#relocations };
  }

  info(): SectionInfo {
    return { section: this.#name, functions: this.#functions, lines: this.#lines };
  }

  #describe({ name, btf }: ProgramSpec, symbol: string, start: number): void {
    if (btf === undefined) return;
    const from = readBtf(btf.types);
    const [main, ...others] = decodeFuncInfo(btf.functions);
    if (main === undefined) return;
    if (others.length > 0) {
      throw new ElfError(
        `program "${name}" has ${others.length} functions besides its main one`,
        'object files hold programs of one function each',
      );
    }
    // libbpf and the kernel know a program by its symbol; entries are global.
    const renamed = [...from.types()].map((type, index) =>
      index + 1 === main.type && type.kind === 'func' ? { ...type, name: symbol, linkage: 'global' as const } : type,
    );
    const ids = addAll(this.#shared.btf, renamed);
    this.#functions.push({ offset: start, type: idOf(ids, main.type) });
    const lines = decodeLineInfo(btf.lines, from);
    this.#lines.push(...lines.map((line) => ({ ...line, slot: start / SLOT_BYTES + line.slot })));
  }
}

/** References as compilers leave them to loaders: no kind in the source register, and the offset into a value as addend. */
function unresolved({ code, relocations }: ProgramSpec): Uint8Array {
  const copy = code.slice();
  const view = new DataView(copy.buffer);
  for (const { slot, kind, valueOffset } of relocations) {
    const at = slot * SLOT_BYTES;
    view.setUint8(at + 1, view.getUint8(at + 1) & 0x0f);
    view.setInt32(at + 4, kind === 'map' ? 0 : valueOffset, true);
    view.setInt32(at + SLOT_BYTES + 4, 0, true);
  }
  return copy;
}

/** Adds the types of another BTF. Returns the ids that they have here, by those that they had there. */
function addAll(btf: BtfBuilder, types: readonly BtfType[]): readonly TypeId[] {
  const ids: TypeId[] = [0];
  for (const type of types) ids.push(btf.add(withIds(type, (id) => idOf(ids, id))));
  return ids;
}

function idOf(ids: readonly TypeId[], id: TypeId): TypeId {
  const found = ids[id];
  if (found === undefined)
    throw new ElfError(`type ${id} is used before it is there`, 'order the types of the program');
  return found;
}

function withIds(type: BtfType, of: (id: TypeId) => TypeId): BtfType {
  switch (type.kind) {
    case 'ptr':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'typedef':
    case 'var':
    case 'decl_tag':
    case 'type_tag':
      return { ...type, type: of(type.type) };
    case 'array':
      return { ...type, element: of(type.element), index: of(type.index) };
    case 'struct':
    case 'union':
      return { ...type, members: type.members.map((member) => ({ ...member, type: of(member.type) })) };
    case 'func':
      return { ...type, proto: of(type.proto) };
    case 'func_proto':
      return {
        ...type,
        returns: of(type.returns),
        params: type.params.map((param) => ({ ...param, type: of(param.type) })),
      };
    case 'datasec':
      return { ...type, entries: type.entries.map((entry) => ({ ...entry, type: of(entry.type) })) };
    case 'int':
    case 'enum':
    case 'enum64':
    case 'fwd':
    case 'float':
      return type;
  }
}
