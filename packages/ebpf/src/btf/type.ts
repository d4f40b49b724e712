/** Number of a type in its BTF; 0 is `void`. */
export type TypeId = number;

export type IntEncoding = 'unsigned' | 'signed' | 'char' | 'bool';
export type Linkage = 'static' | 'global' | 'extern';

export type BtfMember = {
  /** Empty for an anonymous struct or union inside another. */
  readonly name: string;
  readonly type: TypeId;
  /** Bits from the start of the structure. */
  readonly bitOffset: number;
  /** Width of a bit field, 1 to 255; absent for whole members. */
  readonly bitSize?: number;
};

export type BtfInt = {
  readonly kind: 'int';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly encoding: IntEncoding;
  /** Value bits, at most 8 * size. */
  readonly bits: number;
  /** Of the value within the bytes; 0 but in old compilers' bit fields. */
  readonly bitOffset: number;
};
/** A type that refers to another and has no name. */
export type BtfModifier = { readonly kind: 'ptr' | 'volatile' | 'const' | 'restrict'; readonly type: TypeId };
export type BtfTypedef = { readonly kind: 'typedef'; readonly name: string; readonly type: TypeId };
export type BtfArray = {
  readonly kind: 'array';
  readonly element: TypeId;
  readonly index: TypeId;
  readonly count: number;
};
export type BtfComposite = {
  readonly kind: 'struct' | 'union';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly members: readonly BtfMember[];
};
/** Enumeration of up to 32 bits. */
export type BtfEnum = {
  readonly kind: 'enum';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: number }[];
};
/** Since 6.0. */
export type BtfEnum64 = {
  readonly kind: 'enum64';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
};
export type BtfForward = { readonly kind: 'fwd'; readonly name: string; readonly of: 'struct' | 'union' };
/** Since 5.0; global linkage since 5.6. */
export type BtfFunction = {
  readonly kind: 'func';
  readonly name: string;
  readonly proto: TypeId;
  readonly linkage: Linkage;
};
/** A last parameter without name and type stands for `...`. */
export type BtfFunctionProto = {
  readonly kind: 'func_proto';
  readonly returns: TypeId;
  readonly params: readonly { readonly name: string; readonly type: TypeId }[];
};
/** Since 5.2, as is the section. */
export type BtfVariable = {
  readonly kind: 'var';
  readonly name: string;
  readonly type: TypeId;
  readonly linkage: Linkage;
};
export type BtfSection = {
  readonly kind: 'datasec';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly entries: readonly { readonly type: TypeId; readonly offset: number; readonly size: number }[];
};
/** Since 5.13. */
export type BtfFloat = { readonly kind: 'float'; readonly name: string; readonly size: number };
/** Since 5.16. `component` is a member or parameter number, -1 for the type itself. */
export type BtfDeclTag = {
  readonly kind: 'decl_tag';
  readonly name: string;
  readonly type: TypeId;
  readonly component: number;
  /** The name is a whole attribute, not only its btf_decl_tag value. Since 6.15. */
  readonly attribute: boolean;
};
/** Since 5.17. */
export type BtfTypeTag = {
  readonly kind: 'type_tag';
  readonly name: string;
  readonly type: TypeId;
  readonly attribute: boolean;
};

/** One type of the BTF, as plain data. */
export type BtfType =
  | BtfInt
  | BtfModifier
  | BtfTypedef
  | BtfArray
  | BtfComposite
  | BtfEnum
  | BtfEnum64
  | BtfForward
  | BtfFunction
  | BtfFunctionProto
  | BtfVariable
  | BtfSection
  | BtfFloat
  | BtfDeclTag
  | BtfTypeTag;

export type BtfKind = BtfType['kind'];

/** The kernel's numbers of the kinds (BTF_KIND_*), from 1. */
export const KINDS: readonly BtfKind[] = [
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'datasec',
  'float',
  'decl_tag',
  'type_tag',
  'enum64',
];
export const INT_ENCODINGS: readonly (readonly [number, IntEncoding])[] = [
  [0, 'unsigned'],
  [1, 'signed'],
  [2, 'char'],
  [4, 'bool'],
];
export const LINKAGES: readonly Linkage[] = ['static', 'global', 'extern'];

export const MAGIC = 0xeb9f;
export const HEADER_BYTES = 24;
