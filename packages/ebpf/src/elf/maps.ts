// Maps as libbpf reads them. Most are variables of `.maps`, each of a structure whose members' types say what the map is:
// `type: int (*)[2]` is type 2. A map whose element 0 programs reach without a lookup is global data to libbpf, which makes
// an array of one element for each data section; it gets a section of its own, of its own name.

import type { BtfBuilder, BtfMember, TypeId } from '../btf/index.ts';
import { mapFlagBits, mapTypeNumber } from '../maps/type.ts';
import type { MapSpec, ProgramSpec } from '../spec.ts';
import { ElfError } from './error.ts';
import type { ElfSection } from './file.ts';
import type { Identifiers } from './names.ts';

const POINTER_BYTES = 8;

/** What an object file holds. */
export interface Contents {
  readonly programs: readonly ProgramSpec[];
  readonly maps: readonly MapSpec[];
}

export interface ObjectMaps {
  readonly sections: readonly ElfSection[];
  /** By the names of the specs. */
  readonly symbols: ReadonlyMap<string, string>;
}

/** @throws ElfError: a map is used in both ways, or cannot be global data */
export function describeMaps({ maps, programs }: Contents, btf: BtfBuilder, identifiers: Identifiers): ObjectMaps {
  const references = programs.flatMap(({ relocations }) => relocations);
  const direct = new Set(references.filter(({ kind }) => kind === 'map-value').map(({ map }) => map));
  const looked = new Set(references.filter(({ kind }) => kind === 'map').map(({ map }) => map));
  const symbols = new Map(maps.map(({ name }) => [name, identifiers.of(name)]));
  for (const spec of maps) if (direct.has(spec.name)) checkGlobal(spec, looked);
  const typed = new TypedMaps(btf, symbols);
  const sections = maps.filter(({ name }) => direct.has(name)).map((spec) => typed.global(spec));
  const plain = maps.filter(({ name }) => !direct.has(name));
  return { sections: [...typed.maps(plain), ...sections], symbols };
}

function checkGlobal(spec: MapSpec, looked: ReadonlySet<string>): void {
  const { name, type, maxEntries } = spec;
  if (type !== 'array' || maxEntries !== 1) {
    throw new ElfError(
      `a program refers to the value of map "${name}", which is no array of one element`,
      'in object files only such arrays have values that are reached without a lookup',
    );
  }
  if (looked.has(name)) {
    throw new ElfError(
      `map "${name}" is reached both by lookups and without`,
      'use one of the two: in object files it is either a map or global data',
    );
  }
}

class TypedMaps {
  readonly #btf: BtfBuilder;
  readonly #symbols: ReadonlyMap<string, string>;

  constructor(btf: BtfBuilder, symbols: ReadonlyMap<string, string>) {
    this.#btf = btf;
    this.#symbols = symbols;
  }

  /** Made with BPF_F_MMAPABLE where its variable is global. libbpf 1.1 has no `.bss.NAME`, so the zeros are in the file. */
  global({ name, valueSize, flags = [] }: MapSpec): ElfSection {
    const symbol = this.#symbol(name);
    const bytes = this.#btf.array(this.#btf.int('unsigned char', 1), valueSize);
    const type = this.#btf.var(symbol, bytes, flags.includes('mmapable') ? 'global' : 'static');
    const section = `.data.${symbol}`;
    this.#btf.datasec(section, valueSize, [{ type, offset: 0, size: valueSize }]);
    const variable = { name: symbol, type: 'object', offset: 0, size: valueSize } as const;
    return { name: section, kind: 'data', content: new Uint8Array(valueSize), symbols: [variable] };
  }

  maps(specs: readonly MapSpec[]): readonly ElfSection[] {
    if (specs.length === 0) return [];
    let end = 0;
    const placed = specs.map((spec) => {
      const { id, size } = this.#definition(spec);
      const symbol = this.#symbol(spec.name);
      const offset = end;
      end += size;
      return { type: this.#btf.var(symbol, id), symbol, offset, size };
    });
    this.#btf.datasec(
      '.maps',
      end,
      placed.map(({ type, offset, size }) => ({ type, offset, size })),
    );
    const symbols = placed.map(({ symbol: name, offset, size }) => ({ name, type: 'object', offset, size }) as const);
    return [{ name: '.maps', kind: 'data', content: new Uint8Array(end), symbols }];
  }

  /** The structure that says what a map is. */
  #definition(spec: MapSpec): { readonly id: TypeId; readonly size: number } {
    const { type, keySize, valueSize, maxEntries, flags = [], inner } = spec;
    const numbers = Object.entries({
      type: mapTypeNumber(type),
      key_size: keySize,
      value_size: inner === undefined ? valueSize : 0,
      max_entries: maxEntries,
      map_flags: mapFlagBits(type, flags),
    }).filter(([, value]) => value !== 0);
    const members = numbers.map(([name, value]) => ({ name, type: this.#number(value) }));
    const size = members.length * POINTER_BYTES;
    // An array without length, behind the numbers.
    if (inner !== undefined) members.push({ name: 'values', type: this.#values(inner) });
    const placed = members.map((member, index): BtfMember => ({ ...member, bitOffset: index * POINTER_BYTES * 8 }));
    return { id: this.#btf.struct('', size, placed), size };
  }

  /** __uint(…, value) of libbpf's bpf_helpers.h: `int (*)[value]`. */
  #number(value: number): TypeId {
    return this.#btf.ptr(this.#btf.array(this.#btf.int('int', 4, 'signed'), value));
  }

  /** __array(values, …): an array of pointers to the inner map's definition. */
  #values(inner: MapSpec): TypeId {
    return this.#btf.array(this.#btf.ptr(this.#definition(inner).id), 0);
  }

  #symbol(name: string): string {
    const symbol = this.#symbols.get(name);
    if (symbol === undefined) throw new Error(`map ${name} has no symbol`);
    return symbol;
  }
}
