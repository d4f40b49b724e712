export { BtfBuilder } from './builder.ts';
export { BtfError } from './error.ts';
export {
  CORE_RELOCATION_BYTES,
  CORE_RELOCATION_KINDS,
  type CoreRelocation,
  type CoreRelocationKind,
  decodeCoreRelocations,
  decodeFuncInfo,
  decodeLineInfo,
  encodeCoreRelocations,
  encodeFuncInfo,
  encodeLineInfo,
  FUNC_INFO_BYTES,
  type FuncInfo,
  LINE_INFO_BYTES,
  type LineInfo,
} from './program-info.ts';
export { type Btf, readBtf } from './read.ts';
export type {
  BtfKind,
  BtfMember,
  BtfType,
  IntEncoding,
  Linkage,
  TypeId,
} from './type.ts';
export { StringTable, writeBtf } from './write.ts';
