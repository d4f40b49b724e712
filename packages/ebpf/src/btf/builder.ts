import { BtfError } from './error.ts';
import { encodeLineInfo, type LineInfo } from './program-info.ts';
import type { BtfMember, BtfType, IntEncoding, Linkage, TypeId } from './type.ts';
import { StringTable, writeBtf } from './write.ts';

/**
 * Collects types and hands out their ids; a type that is already there is not added again.
 * @example
 * const btf = new BtfBuilder();
 * const u32 = btf.int('u32', 4);
 * btf.struct('flow', 8, [{ name: 'source', type: u32, bitOffset: 0 }, { name: 'target', type: u32, bitOffset: 32 }]);
 * const bytes = btf.bytes();
 */
export class BtfBuilder {
  readonly #types: BtfType[] = [];
  readonly #ids = new Map<string, TypeId>();
  readonly #strings = new StringTable();

  /** Adds any type and returns its id, or that of an identical one. */
  add(type: BtfType): TypeId {
    checkNames(type);
    const key = JSON.stringify(type, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#types.push(type);
    this.#ids.set(key, id);
    return id;
  }

  /** Integer of `size` bytes (1, 2, 4, 8 or 16). */
  int(name: string, size: number, encoding: IntEncoding = 'unsigned'): TypeId {
    return this.add({ kind: 'int', name, size, encoding, bits: size * 8, bitOffset: 0 });
  }
  ptr(type: TypeId): TypeId {
    return this.add({ kind: 'ptr', type });
  }
  const(type: TypeId): TypeId {
    return this.add({ kind: 'const', type });
  }
  volatile(type: TypeId): TypeId {
    return this.add({ kind: 'volatile', type });
  }
  restrict(type: TypeId): TypeId {
    return this.add({ kind: 'restrict', type });
  }
  typedef(name: string, type: TypeId): TypeId {
    return this.add({ kind: 'typedef', name, type });
  }
  array(element: TypeId, count: number): TypeId {
    return this.add({ kind: 'array', element, index: this.int('__ARRAY_SIZE_TYPE__', 4), count });
  }
  struct(name: string, size: number, members: readonly BtfMember[]): TypeId {
    return this.add({ kind: 'struct', name, size, members });
  }
  union(name: string, size: number, members: readonly BtfMember[]): TypeId {
    return this.add({ kind: 'union', name, size, members });
  }
  /** Enumeration of 4 bytes; signed if any value is negative. */
  enum(name: string, values: Readonly<Record<string, number>>): TypeId {
    const list = Object.entries(values).map(([key, value]) => ({ name: key, value }));
    return this.add({ kind: 'enum', name, size: 4, signed: list.some(({ value }) => value < 0), values: list });
  }
  /** Enumeration of 8 bytes; signed if any value is negative. Since 6.0. */
  enum64(name: string, values: Readonly<Record<string, bigint>>): TypeId {
    const list = Object.entries(values).map(([key, value]) => ({ name: key, value }));
    return this.add({ kind: 'enum64', name, size: 8, signed: list.some(({ value }) => value < 0n), values: list });
  }
  fwd(name: string, of: 'struct' | 'union' = 'struct'): TypeId {
    return this.add({ kind: 'fwd', name, of });
  }
  funcProto(returns: TypeId, params: readonly { readonly name: string; readonly type: TypeId }[]): TypeId {
    return this.add({ kind: 'func_proto', returns, params });
  }
  /** A function of a program; global functions are verified on their own (since 5.6). */
  func(name: string, proto: TypeId, linkage: Linkage = 'static'): TypeId {
    return this.add({ kind: 'func', name, proto, linkage });
  }
  var(name: string, type: TypeId, linkage: Linkage = 'global'): TypeId {
    return this.add({ kind: 'var', name, type, linkage });
  }
  datasec(
    name: string,
    size: number,
    entries: readonly { readonly type: TypeId; readonly offset: number; readonly size: number }[],
  ): TypeId {
    return this.add({ kind: 'datasec', name, size, entries });
  }
  float(name: string, size: number): TypeId {
    return this.add({ kind: 'float', name, size });
  }
  /** Tags a type, or one of its members or parameters by number. */
  declTag(name: string, type: TypeId, component = -1): TypeId {
    return this.add({ kind: 'decl_tag', name, type, component, attribute: false });
  }
  typeTag(name: string, type: TypeId): TypeId {
    return this.add({ kind: 'type_tag', name, type, attribute: false });
  }

  /** Offset of a text among the strings of this BTF, for records outside it. Call it before {@link bytes}. */
  string(text: string): number {
    return this.#strings.offset(text);
  }

  /** line_info for BPF_PROG_LOAD; its texts go into this BTF, so call it before {@link bytes}. */
  lineInfo(lines: readonly LineInfo[]): Uint8Array {
    return encodeLineInfo(lines, (text) => this.#strings.offset(text));
  }

  /** The whole .BTF section, as BPF_BTF_LOAD takes it. */
  bytes(): Uint8Array {
    return writeBtf(this.#types, this.#strings);
  }
}

const IDENTIFIER = /^[A-Za-z_]\w{0,126}$/;
const mayBeNameless: ReadonlySet<string> = new Set(['struct', 'union', 'enum', 'enum64']);
const freelyNamed: ReadonlySet<string> = new Set(['int', 'float', 'datasec', 'decl_tag', 'type_tag']);

/** The kernel lets only some kinds go without a name and others have one that is no C identifier. */
function checkNames(type: BtfType): void {
  const own = 'name' in type ? type.name : '';
  const needsName = 'name' in type && !mayBeNameless.has(type.kind);
  const identifiers = [...partsOf(type).map(({ name }) => name), freelyNamed.has(type.kind) ? '' : own];
  const wrong = needsName && own === '' ? own : identifiers.find((name) => name !== '' && !IDENTIFIER.test(name));
  if (wrong === undefined) return;
  throw new BtfError(
    `"${wrong}" cannot be a name in ${type.kind}${own === '' ? '' : ` "${own}"`}`,
    'use a C identifier of 1 to 127 characters',
  );
}

function partsOf(type: BtfType): readonly { readonly name: string }[] {
  if ('members' in type) return type.members;
  if ('values' in type) return type.values;
  return 'params' in type ? type.params : [];
}
