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

/** Where libbpf looks for functions that are no programs. */
const SUBPROGRAMS = '.text';

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

/** Functions that programs call go into `.text`, where libbpf looks for them; each program has its own. */
export function describePrograms(programs: readonly ProgramSpec[], shared: Shared): ObjectPrograms {
  const drafts = new Map<string, Draft>();
  const draftOf = (section: string): Draft => {
    const draft = drafts.get(section) ?? new Draft(section);
    drafts.set(section, draft);
    return draft;
  };
  for (const [type, members] of Map.groupBy(programs, (program) => program.type)) {
    for (const program of members) {
      const [main, ...others] = functionsOf(program, shared);
      draftOf(SECTIONS[type]).add(main);
      for (const other of others) draftOf(SUBPROGRAMS).add(other);
    }
  }
  const all = [...drafts.values()];
  return { sections: all.map((draft) => draft.section()), info: all.map((draft) => draft.info()) };
}

export interface Shared {
  readonly btf: BtfBuilder;
  readonly identifiers: Identifiers;
  /** Symbols of maps, by the names of their specs. */
  readonly maps: ReadonlyMap<string, string>;
}

/** One function of a program; offsets count from its start. */
interface ObjectFunction {
  readonly symbol: string;
  readonly code: Uint8Array;
  readonly relocations: readonly ElfRelocation[];
  readonly type: TypeId | undefined;
  readonly lines: SectionInfo['lines'];
}

interface Place {
  readonly symbol: string;
  /** In slots, the end not included. */
  readonly start: number;
  readonly end: number;
}

/** The main function and then the others. @throws ElfError: the program refers to a map that was not given */
function functionsOf(program: ProgramSpec, shared: Shared): readonly [ObjectFunction, ...ObjectFunction[]] {
  const { code, subprograms = [] } = program;
  const symbol = shared.identifiers.of(program.name);
  const starts = [...subprograms.map(({ slot }) => slot), code.length / SLOT_BYTES];
  const own = { symbol, start: 0, end: starts[0] ?? 0 };
  const others = subprograms.map(({ name, slot }, index): Place => {
    return { symbol: shared.identifiers.of(name), start: slot, end: starts[index + 1] ?? slot };
  });
  const places = [own, ...others];
  const described = describe(program, places, shared.btf);
  const all = unresolved(program);
  const relocations = [...mapRelocations(program, shared.maps), ...callRelocations(all, places)];
  const functionAt = ({ symbol: name, start, end }: Place): ObjectFunction => ({
    symbol: name,
    code: all.subarray(start * SLOT_BYTES, end * SLOT_BYTES),
    relocations: relocations.flatMap(({ offset, ...rest }) =>
      offset >= start * SLOT_BYTES && offset < end * SLOT_BYTES
        ? [{ offset: offset - start * SLOT_BYTES, ...rest }]
        : [],
    ),
    type: described.types.get(start),
    lines: described.lines.flatMap(({ slot, ...rest }) =>
      slot >= start && slot < end ? [{ slot: slot - start, ...rest }] : [],
    ),
  });
  return [functionAt(own), ...others.map(functionAt)];
}

function mapRelocations(
  { name, relocations }: ProgramSpec,
  symbols: ReadonlyMap<string, string>,
): readonly ElfRelocation[] {
  return relocations.map(({ slot, map }) => {
    const symbol = symbols.get(map);
    if (symbol === undefined)
      throw new ElfError(`program "${name}" refers to map "${map}", which was not given`, 'add its spec');
    return { offset: slot * SLOT_BYTES, symbol, type: 'address' };
  });
}

const CALL = 0x85;
const LD_IMM64 = 0x18;
/** BPF_PSEUDO_CALL, BPF_PSEUDO_FUNC: in the source register of a call and of an ld_imm64. */
const OWN_FUNCTION = new Map([
  [CALL, { source: 1, type: 'call', addend: -1 }],
  [LD_IMM64, { source: 4, type: 'address', addend: 0 }],
] as const);

/** Of calls and addresses of the program's own functions, whose distances they take out of the code. */
function callRelocations(code: Uint8Array, places: readonly Place[]): readonly ElfRelocation[] {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const found: ElfRelocation[] = [];
  for (let slot = 0; slot < code.length / SLOT_BYTES; slot++) {
    const offset = slot * SLOT_BYTES;
    const opcode = view.getUint8(offset);
    const own = opcode === CALL || opcode === LD_IMM64 ? OWN_FUNCTION.get(opcode) : undefined;
    if (own !== undefined && view.getUint8(offset + 1) >> 4 === own.source) {
      const target = slot + 1 + view.getInt32(offset + 4, true);
      const symbol = places.find(({ start }) => start === target)?.symbol;
      if (symbol === undefined)
        throw new ElfError(`slot ${slot} calls slot ${target}, where no function begins`, 'name its functions');
      view.setInt32(offset + 4, own.addend, true);
      found.push({ offset, symbol, type: own.type });
    }
    if (opcode === LD_IMM64) slot++;
  }
  return found;
}

/** Types of functions by the slots where they begin, and all lines. */
function describe({ btf }: ProgramSpec, places: readonly Place[], into: BtfBuilder) {
  if (btf === undefined) return { types: new Map<number, TypeId>(), lines: [] };
  const from = readBtf(btf.types);
  const functions = decodeFuncInfo(btf.functions);
  const symbols = new Map(
    functions.flatMap(({ slot, type }) => {
      const place = places.find(({ start }) => start === slot);
      return place === undefined ? [] : [[type, place.symbol] as const];
    }),
  );
  const [main] = functions;
  // libbpf and the kernel know a program by its symbol; entries are global.
  const renamed = [...from.types()].map((type, index) => {
    const name = symbols.get(index + 1);
    if (name === undefined || type.kind !== 'func') return type;
    return { ...type, name, linkage: index + 1 === main?.type ? ('global' as const) : ('static' as const) };
  });
  const ids = addAll(into, renamed);
  const types = new Map(functions.map(({ slot, type }) => [slot, idOf(ids, type)]));
  return { types, lines: decodeLineInfo(btf.lines, from) };
}

class Draft {
  readonly #name: string;
  readonly #code: Uint8Array[] = [];
  readonly #symbols: NonNullable<ElfSection['symbols']>[number][] = [];
  readonly #relocations: ElfRelocation[] = [];
  readonly #functions: SectionInfo['functions'][number][] = [];
  readonly #lines: SectionInfo['lines'] = [];
  #size = 0;

  constructor(name: string) {
    this.#name = name;
  }

  add({ symbol, code, relocations, type, lines }: ObjectFunction): void {
    const start = this.#size;
    this.#symbols.push({ name: symbol, type: 'function', offset: start, size: code.length });
    this.#code.push(code);
    this.#size += code.length;
    this.#relocations.push(...relocations.map((one) => ({ ...one, offset: start + one.offset })));
    if (type !== undefined) this.#functions.push({ offset: start, type });
    this.#lines.push(...lines.map((line) => ({ ...line, slot: start / SLOT_BYTES + line.slot })));
  }

  section(): ElfSection {
    const content = Buffer.concat(this.#code);
    return { name: this.#name, kind: 'code', content, symbols: this.#symbols, relocations: this.#relocations };
  }

  info(): SectionInfo {
    return { section: this.#name, functions: this.#functions, lines: this.#lines };
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
